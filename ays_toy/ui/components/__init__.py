"""What runs in the browser: players with which one scrubs through a search and through noise levels."""

from ays_toy.ui.components.field import field_player
from ays_toy.ui.components.search import Marks, SearchData, search_player

__all__ = ["Marks", "SearchData", "field_player", "search_player"]
