"""Data in, Plotly figure out. Deterministic: the same data give the same bytes, or the browser would redraw."""

from ays_toy.figures.density import Panel, density_panels
from ays_toy.figures.errors import distances, local_errors
from ays_toy.figures.images import Curve, klub_bars, quality_over_steps
from ays_toy.figures.levels import levels_side_by_side, rail_and_area, rail_words
from ays_toy.figures.model import calibration_figure, training_curves

__all__ = [
    "Curve",
    "Panel",
    "calibration_figure",
    "density_panels",
    "distances",
    "klub_bars",
    "levels_side_by_side",
    "local_errors",
    "quality_over_steps",
    "rail_and_area",
    "rail_words",
    "training_curves",
]
