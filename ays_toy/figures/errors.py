"""What each step of a schedule gets wrong, and what has become of it at every noise level."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from ays_toy.figures import plotted
from ays_toy.names import title
from ays_toy.palette import MARGIN, REFERENCE, STYLES
from ays_toy.sampling.trajectories import Curve, Trajectories
from ays_toy.words import significant

SMALLEST, SHOWN_DECADES = 1e-5, 3.2  # errors below, or this far under the largest, are left out of sight
DOUBT = "the reference's own doubt"  # as it is named in the figure
BAR = 0.95  # of the value: the most that an error bar reaches down on a log axis


@dataclass(frozen=True)
class _Look:
    """How one curve is named and drawn."""

    title: str
    color: str
    dash: str
    symbol: str | None


def local_errors(flow: Trajectories, power: float | None = None, height: int = 280) -> go.Figure:
    """The error of every step alone, taken from the reference, by the noise level that it leads to.

    `power` is said in the title of a p-optimum.
    """
    return _figure(flow, flow.local, "error of the step alone", power, height)


def distances(flow: Trajectories, power: float | None = None, height: int = 280) -> go.Figure:
    """The distance from the reference that has accumulated at every noise level, over the reference's own doubt."""
    look = _Look(DOUBT, REFERENCE, "dot", None)
    doubt = _trace(flow.doubt, look, "half as many steps lie %{customdata} away")
    figure = _figure(flow, flow.distance, "distance from the reference", power, height, doubt)
    sigma, end = flow.doubt.sigmas[-1], flow.doubt.rms[-1]
    if end > 10 ** figure.layout.yaxis.range[0]:
        place = {"x": np.log10(sigma), "y": np.log10(end), "xanchor": "right", "yanchor": "bottom", "showarrow": False}
        figure.add_annotation(text=DOUBT, font={"size": 11, "color": REFERENCE}, **place)
    return figure


def _figure(
    flow: Trajectories, curves: Mapping[str, Curve], what: str, power: float | None, height: int, *more: go.Scatter
) -> go.Figure:
    traces = []
    for name, curve in curves.items():
        style = STYLES[name]
        n = curve.sigmas.size
        look = _Look(title(name, power), style.color, style.dash, style.symbol)
        traces.append(_trace(curve, look, f"step %{{text}} of {n}: %{{customdata}}"))
    # One scale for both figures.
    both = np.concatenate([curve.rms for curve in (*flow.local.values(), *flow.distance.values())])
    largest = max(float(both.max()), 10 * SMALLEST)
    top = np.log10(1.6 * largest)
    bottom = max(np.log10(max(float(both[both > 0].min(initial=largest)), SMALLEST)) - 0.2, top - SHOWN_DECADES)
    ends = np.log10([flow.reference.sigmas[0] * 1.15, flow.reference.sigmas[-1] / 1.15])
    figure = plotted.figure([*traces, *more])
    figure.update_xaxes(
        type="log",
        range=ends,
        dtick=1,
        fixedrange=True,
        showgrid=False,
        title={"text": "noise level σ (sampling runs left to right)", "standoff": 2},
    )
    figure.update_yaxes(
        type="log",
        range=[bottom, top],
        dtick=1,
        fixedrange=True,
        zeroline=False,
        tickformat="~g",
        title={"text": what, "standoff": 4},
    )
    legend = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom"}
    return figure.update_layout(height=height, margin={**MARGIN, "b": 36}, legend=legend, hovermode="closest")


def _trace(curve: Curve, look: _Look, says: str) -> go.Scatter:
    seen = curve.rms > 0  # the first step of some schedules is exact
    rms, stderr = curve.rms[seen], curve.stderr[seen]
    marked = look.symbol is not None
    return plotted.trace(
        go.Scatter,
        x=curve.sigmas[seen],
        y=rms,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": stderr,
            "arrayminus": np.minimum(stderr, BAR * rms),
            "color": look.color,
            "thickness": 1.2,
            "width": 3,
            "visible": marked,
        },
        mode="lines+markers" if marked else "lines",
        line={"color": look.color, "dash": look.dash, "width": 1.6},
        marker={"color": look.color, "symbol": look.symbol or "circle", "size": 8},
        text=(np.flatnonzero(seen) + 1).astype(str),
        customdata=[significant(value, error) for value, error in zip(rms, stderr, strict=True)],
        name=look.title,
        showlegend=marked,  # what has no marks is named where it ends
        hovertemplate=f"{look.title}, σ = %{{x:.4g}}<br>{says}<extra></extra>",
    )
