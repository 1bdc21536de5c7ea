"""Data in, Plotly figure out. Deterministic: the same data give the same bytes, or the browser would redraw."""

from ays_toy.figures.density import Panel, density_panels
from ays_toy.figures.errors import distances, local_errors
from ays_toy.figures.levels import Priced, rail_and_area
from ays_toy.figures.model import calibration_figure

__all__ = [
    "Panel",
    "Priced",
    "calibration_figure",
    "density_panels",
    "distances",
    "local_errors",
    "rail_and_area",
]
