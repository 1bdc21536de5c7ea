"""What runs in the browser: players with which one scrubs through searches, noise levels and trajectories."""

from ays_toy.ui.components.field import field_player
from ays_toy.ui.components.flow import FlowTable, LiveFlow, flow_player, last_follow, last_place
from ays_toy.ui.components.search import SearchData, last_sweep, search_player

__all__ = [
    "FlowTable",
    "LiveFlow",
    "SearchData",
    "field_player",
    "flow_player",
    "last_follow",
    "last_place",
    "last_sweep",
    "search_player",
]
