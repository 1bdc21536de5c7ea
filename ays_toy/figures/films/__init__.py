"""Films: a search and trajectories as pages that play by themselves, and as GIFs. Deterministic, as figures are."""

from ays_toy.figures.films.flow import FlowFilm, flow_figure, flow_page
from ays_toy.figures.films.flow_gif import flow_gif
from ays_toy.figures.films.search import SearchFilm, Swept, search_figure, search_page
from ays_toy.figures.films.search_gif import search_gif

__all__ = [
    "FlowFilm",
    "SearchFilm",
    "Swept",
    "flow_figure",
    "flow_gif",
    "flow_page",
    "search_figure",
    "search_gif",
    "search_page",
]
