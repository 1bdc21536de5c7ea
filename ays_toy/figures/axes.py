"""The axes of figures in rows and columns, laid out by Plotly once."""

from functools import lru_cache
from typing import Any

from plotly.subplots import make_subplots

Axes = dict[str, dict[str, Any]]  # by name: xaxis, yaxis, xaxis2 and so on, row by row


def axes(rows: int, columns: int, **options: Any) -> Axes:
    """What `make_subplots` makes of axes, to be changed at will: it takes longer than all else in a figure."""
    return {name: dict(axis) for name, axis in _laid_out(rows, columns, **options).items()}


@lru_cache(32)
def _laid_out(rows: int, columns: int, **options: Any) -> Axes:
    layout = make_subplots(rows=rows, cols=columns, **options).layout.to_plotly_json()
    return {name: axis for name, axis in layout.items() if name.startswith(("xaxis", "yaxis"))}
