"""Pictures of densities side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import get_colorscale

from ays_toy.figures import plotted
from ays_toy.figures.axes import axes
from ays_toy.palette import DENSITY, MARGIN

BETWEEN = 0.012  # two pictures, of the whole row


def shade_colors() -> np.ndarray:
    """Red, green and blue of each shade as the pictures have it, for what draws them otherwise: [256, 3] of a byte."""
    places, stops = zip(*_palette(), strict=True)
    channels = np.array([[int(stop[k : k + 2], 16) for k in (1, 3, 5)] for stop in stops])
    at = np.arange(256) / 255
    return np.stack([np.rint(np.interp(at, places, one)) for one in channels.T], axis=1).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Panel:
    """One density picture: title and the color of its badge, lines under it, shades [bins, bins] of one byte.

    Two that say and show the same are equal.
    """

    title: str
    color: str
    notes: Sequence[str]
    image: np.ndarray

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Panel) and self._all == other._all

    def __hash__(self) -> int:
        return hash(self._all)

    @cached_property
    def _all(self) -> tuple[Any, ...]:
        return self.title, self.color, tuple(self.notes), self.image.shape, self.image.tobytes()


def margins(notes: int, type_scale: float = 1.0) -> dict[str, int]:
    """What is around a row of pictures with a name and so many lines over each: l, r, t and b in pixels."""
    return {**MARGIN, "t": round((32 + 15 * notes) * type_scale), "b": 0}


def density_panels(
    panels: Sequence[Panel], half_width: float, columns: int | None = None, type_scale: float = 1.0
) -> plotted.Drawn:
    """Densities side by side, on one scale of color and space, with room for `columns` of them (default: all).

    `type_scale` is how many times their usual size the words have.
    """
    bins = panels[0].image.shape[0]
    center = (np.arange(bins, dtype=np.float32) + 0.5) * (2 * half_width / bins) - half_width
    looks = {"zmin": 0, "zmax": 255, "colorscale": _palette(), "showscale": False, "hoverinfo": "skip"}
    space = {"range": [-half_width, half_width], "constrain": "domain"}
    hidden = {"visible": False, "fixedrange": True}
    heats, titles = [], []
    layout = axes(1, columns or len(panels), horizontal_spacing=BETWEEN)
    for one in layout.values():
        one |= hidden
    for column, panel in enumerate(panels, start=1):
        axis = "" if column == 1 else f"{column}"
        place = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
        heats.append(plotted.trace(go.Heatmap, z=panel.image, x=center, y=center, **place, **looks))
        layout[f"xaxis{axis}"] |= space
        layout[f"yaxis{axis}"] |= {**space, "scaleanchor": f"x{axis}"}
        titles.append(_title(panel, f"x{axis} domain", f"y{axis} domain", type_scale))
    around = margins(max(len(panel.notes) for panel in panels), type_scale)
    looks = {"annotations": titles, "margin": around, "dragmode": False}
    return plotted.figure(heats, {**layout, **looks})


@lru_cache(1)
def _palette() -> list[list[Any]]:
    """Where on the scale which color stands: the browser's palettes of that name are others."""
    return [list(stop) for stop in get_colorscale(DENSITY)]


def _title(panel: Panel, across: str, up: str, type_scale: float) -> dict[str, Any]:
    """The words over a picture whose axes have these domains."""
    name = f"<span style='color:{panel.color}'>■</span> <b>{panel.title}</b>"
    notes = [f"<span style='font-size:{12 * type_scale:g}px'>{note}</span>" for note in panel.notes]
    return {
        "text": "<br>".join([name, *notes]),
        **{"x": 0.5, "xref": across, "y": 1.0, "yref": up, "yanchor": "bottom", "yshift": 2},
        **{"showarrow": False, "font": {"size": 15 * type_scale}},
    }
