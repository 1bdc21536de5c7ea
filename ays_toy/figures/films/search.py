"""The paper's search as a film: where the levels are after every sweep, what they cost and what comes out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ays_toy.estimates import Estimate
from ays_toy.figures.films.film import as_film
from ays_toy.metrics import Figure
from ays_toy.palette import MARGIN, STYLES
from ays_toy.sampling.schedules import Schedule

MOST_FRAMES = 40
HEIGHT = 520  # pixels
MANY = 8.0  # times the least, from which scores are drawn on a log axis


@dataclass(frozen=True, eq=False)
class Swept:
    """The levels [n+1] after a sweep, their KLUB, the score of what comes out if it was measured, and all in words."""

    sigmas: np.ndarray
    klub: Estimate
    score: Estimate | None
    label: str


@dataclass(frozen=True, eq=False)
class Curve:
    """One number by sweep, None where it was not measured; on a log axis where it differs `many` times."""

    title: str
    values: Sequence[Estimate | None]
    many: float = MANY

    def known(self, last: int | None = None) -> list[tuple[int, Estimate]]:
        """The sweeps that it was measured at, until the last that is wanted, each with its value."""
        until = len(self.values) if last is None else last + 1
        return [(k, one) for k, one in enumerate(self.values[:until]) if one and math.isfinite(one.value)]

    @property
    def log(self) -> bool:
        """Whether it is drawn on a log axis."""
        values = [one.value for _, one in self.known()]
        return bool(values) and min(values) > 0 and max(values) > self.many * min(values)

    def reach(self) -> tuple[float, float]:
        """Both ends of its axis, with a little room; on a log axis as powers of ten."""
        values = [one.value for _, one in self.known()] or [0.0, 1.0]
        low, high = np.log10([min(values), max(values)]) if self.log else (min(values), max(values))
        room = 0.08 * (high - low) or 1.0
        return float(low - room), float(high + room)


@dataclass(frozen=True, eq=False)
class SearchFilm:
    """A search sweep by sweep, the first being its start; where the rule stopped it, and the optimum it is after."""

    start: Schedule
    sweeps: Sequence[Swept]
    metric: Figure
    optimum: Schedule | None = None
    stop: int | None = None

    @property
    def shown(self) -> list[int]:
        """The sweeps that have a frame each: all, or where there are many some, the stop and both ends among them."""
        every = np.linspace(0, len(self.sweeps) - 1, min(MOST_FRAMES, len(self.sweeps)))
        return sorted({*every.round().astype(int).tolist(), *([] if self.stop is None else [self.stop])})

    def label(self, sweep: int) -> str:
        """A sweep in words, and whether the rule stops there."""
        return self.sweeps[sweep].label + (": the rule stops here" if sweep == self.stop else "")

    def curves(self) -> list["Curve"]:
        """What is measured of every sweep."""
        unit = f" ({self.metric.unit})" if self.metric.unit else ""
        priced = Curve("KLUB (nats)", [one.klub for one in self.sweeps], many=1.0)
        return [priced, Curve(self.metric.title + unit, [one.score for one in self.sweeps])]


def search_figure(film: SearchFilm) -> go.Figure:
    """Levels sweep by sweep beside both curves, at the start, with all frames, named by their numbers."""
    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{"rowspan": 2}, {}], [None, {}]],
        column_widths=[0.56, 0.44],
        horizontal_spacing=0.09,
        vertical_spacing=0.14,
        subplot_titles=["Where the levels are", *(curve.title for curve in film.curves())],
    )
    still = _still(film)
    for trace, row, col in still:
        figure.add_trace(trace, row=row, col=col)
    for trace, row, col in _moving(film, 0):
        figure.add_trace(trace, row=row, col=col)
    which = list(range(len(still), len(still) + len(_moving(film, 0))))
    figure.frames = [
        go.Frame(name=str(f), data=[trace for trace, _, _ in _moving(film, sweep)], traces=which)
        for f, sweep in enumerate(film.shown)
    ]
    last = len(film.sweeps) - 1
    ends = np.log10([film.start.sigmas[0] * 1.2, film.start.sigmas[-1] / 1.2])
    noise = {"text": "noise level σ (sampling runs left to right)", "standoff": 2}
    figure.update_xaxes(type="log", range=ends, dtick=1, fixedrange=True, zeroline=False, title=noise, row=1, col=1)
    figure.update_yaxes(range=[last + 0.6, -0.6], fixedrange=True, zeroline=False, title="sweep", row=1, col=1)
    for row, curve in enumerate(film.curves(), start=1):
        scale: dict[str, Any] = {"type": "log", "dtick": "D2"} if curve.log else {"nticks": 6}
        figure.update_xaxes(range=[-0.5, last + 0.5], fixedrange=True, zeroline=False, row=row, col=2)
        scale |= {"range": curve.reach(), "tickformat": "~g", "fixedrange": True, "zeroline": False}
        figure.update_yaxes(scale, row=row, col=2)
        if film.stop is not None:
            figure.add_vline(x=film.stop, line={"width": 1, "dash": "dash"}, row=row, col=2)
    figure.update_xaxes(title="sweep", row=2, col=2)
    if film.stop is not None:
        figure.add_hline(
            y=film.stop, line={"width": 1, "dash": "dash"}, annotation_text="the rule stops here", row=1, col=1
        )
    legend = {"orientation": "h", "y": -0.14, "yanchor": "top", "x": 0}
    return figure.update_layout(height=HEIGHT, margin={**MARGIN, "t": 36, "b": 70}, legend=legend, dragmode=False)


Placed = tuple[go.Scatter, int, int]  # a trace, its row and its column


def _still(film: SearchFilm) -> list[Placed]:
    """What does not move: every level's way and both curves, faint; the start's levels and the optimum's."""
    color, found = STYLES["ays"].color, list[Placed]()
    faint = {"mode": "lines", "line": {"color": color, "width": 1}, "opacity": 0.35, "showlegend": False}
    found.append((_ways(film, len(film.sweeps) - 1, faint), 1, 1))
    found.append((_levels(film.start, 0, film.start.title), 1, 1))
    if film.optimum is not None:
        found.append((_levels(film.optimum, len(film.sweeps) - 1, film.optimum.title), 1, 1))
    for row, curve in enumerate(film.curves(), start=1):
        known = curve.known()
        bars = {"array": [one.stderr for _, one in known], "width": 2, "thickness": 1, "color": color}
        x, y = [k for k, _ in known], [one.value for _, one in known]
        found.append((go.Scatter(x=x, y=y, error_y=bars, hoverinfo="skip", **faint), row, 2))
    return found


def _ways(film: SearchFilm, last: int, look: Mapping[str, Any]) -> go.Scatter:
    """Where every level has been until a sweep."""
    levels = np.stack([one.sigmas for one in film.sweeps[: last + 1]])
    gap = np.full((1, levels.shape[1]), np.nan)
    ways = np.concatenate([levels, gap]).T.ravel().astype(np.float32)
    sweeps = np.append(np.arange(len(levels), dtype=np.float32), np.float32(np.nan))
    return go.Scatter(x=ways, y=np.tile(sweeps, levels.shape[1]), hoverinfo="skip", **look)


def _levels(one: Schedule, sweep: int, name: str) -> go.Scatter:
    style = STYLES[one.name]
    mark = {"color": style.color, "symbol": style.symbol, "size": 10, "opacity": 0.8}
    return go.Scatter(x=one.sigmas, y=np.full(one.sigmas.size, sweep), mode="markers", marker=mark, name=name)


def _moving(film: SearchFilm, sweep: int) -> list[Placed]:
    """The levels after a sweep, and both curves as far as they have come."""
    color, now = STYLES["ays"].color, film.sweeps[sweep]
    mark = {"color": color, "size": 11, "line": {"color": "#FFFFFF", "width": 1}}
    levels = np.full(now.sigmas.size, sweep)
    strong = {"mode": "lines", "line": {"color": color, "width": 1.6}, "showlegend": False}
    found: list[Placed] = [
        (_ways(film, sweep, strong), 1, 1),
        (go.Scatter(x=now.sigmas, y=levels, mode="markers", marker=mark, name=f"{STYLES['ays'].title}'s search"), 1, 1),
    ]
    for row, curve in enumerate(film.curves(), start=1):
        known = curve.known(sweep)
        drawn = go.Scatter(
            x=[k for k, _ in known],
            y=[one.value for _, one in known],
            mode="lines+markers",
            line={"color": color, "width": 2.5},
            marker={"color": color, "size": [9 if k == sweep else 4 for k, _ in known]},
            text=[str(one) for _, one in known],
            hovertemplate=f"sweep %{{x}}: {curve.title} %{{text}}<extra></extra>",
            showlegend=False,
        )
        found.append((drawn, row, 2))
    return found


def search_page(film: SearchFilm, heading: str, words: str) -> str:
    """The film as an HTML page that plays it."""
    return as_film(search_figure(film), heading, words, [film.label(sweep) for sweep in film.shown], "sweep")
