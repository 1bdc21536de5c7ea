"""Where schedules put their levels, and what each step costs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ays_toy.estimates import KlubEstimate, Measured
from ays_toy.figures import plotted
from ays_toy.figures.axes import axes
from ays_toy.figures.images import in_lines
from ays_toy.palette import MARGIN, REFERENCE, STYLES
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import Schedule
from ays_toy.words import numbers

Outline = list[tuple[np.ndarray, np.ndarray]]  # of every step's patch, see `PathGram.outline`


LONGEST = 24  # letters in a line beside the rails, where there is room for two


def rail_and_area(rows: Sequence[Measured], gram: PathGram, height: int = 345) -> plotted.Drawn:
    """Where each schedule puts its levels, over its KLUB as area: one patch per step on the same log-sigma axis."""
    titles, outlines = [row.title for row in rows], [gram.outline(row.schedule.sigmas) for row in rows]
    ceiling = _ceiling(outlines)
    rails = [_rail(row.schedule, np.float32(len(rows) - 1 - k)) for k, row in enumerate(rows)]
    # The best is drawn last, on top; its patches are the small ones.
    worst_first = sorted(range(len(rows)), key=lambda k: -_klub(rows[k]).value)
    patches = [_patches(rows[k], outlines[k], ceiling).update(xaxis="x2", yaxis="y2") for k in worst_first]
    ends = np.log10([gram.grid[0] * 1.15, gram.grid[-1] / 1.15])
    sigma = {"type": "log", "range": ends, "fixedrange": True, "showgrid": False, "zeroline": False, "dtick": 1}
    layout: dict[str, Any] = axes(2, 1, shared_xaxes=True, row_heights=(0.36, 0.64), vertical_spacing=0.05)
    layout["xaxis"] |= sigma
    layout["xaxis2"] |= {**sigma, "title": {"text": "noise level σ (sampling runs left to right)", "standoff": 2}}
    layout["yaxis"] |= {
        "tickvals": list(range(len(rows) - 1, -1, -1)),
        "ticktext": ["<br>".join(in_lines(title, LONGEST)) for title in titles],
        "range": [-0.6, len(rows) - 0.4],
        **{"showgrid": False, "zeroline": False, "fixedrange": True},
    }
    layout["yaxis2"] |= {
        "title": {"text": "nats per unit of log σ", "standoff": 4},
        "range": [0, ceiling],
        **{"fixedrange": True, "zeroline": False, "rangemode": "nonnegative", "nticks": 4},
    }
    # Over the high noise levels, where no schedule has an area that could be seen.
    layout["legend"] = {"x": 0.01, "xanchor": "left", "y": 0.6, "yanchor": "top", "bgcolor": "rgba(0,0,0,0)"}
    layout |= {"height": height, "margin": {**MARGIN, "b": 36}, "hovermode": "closest"}
    return plotted.figure([*rails, *patches], layout)


def rail_words(rows: Sequence[Measured], cost: str = "KLUB", unit: str = "nats") -> str:
    """The same for who does not see it, or has no pointer to ask it: every level, and what every step adds."""
    parts = [
        f"{row.title} {_klub(row).value:.3g} {unit}, from σ = {numbers(row.schedule.sigmas)}, "
        f"in steps of {numbers(_klub(row).terms)} {unit}"
        for row in rows
    ]
    return f"Noise levels of each schedule, and {cost} as area: {'; '.join(parts)}."


def _klub(row: Measured) -> KlubEstimate:
    assert row.klub is not None
    return row.klub


def levels_side_by_side(schedules: Sequence[Schedule], height: int = 220) -> go.Figure:
    """Where schedules put their levels, each over its own range."""
    figure = plotted.figure([_rail(one, one.title) for one in schedules])
    figure.update_xaxes(type="log", autorange="reversed", fixedrange=True, dtick=1, zeroline=False)
    figure.update_xaxes(title={"text": "noise level σ (sampling runs left to right)", "standoff": 2})
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False)
    return figure.update_layout(height=height, margin={**MARGIN, "b": 36}, showlegend=False)


def _rail(schedule: Schedule, place: np.float32 | str) -> go.Scatter:
    style, n = STYLES[schedule.name], schedule.steps
    edge = {} if style.symbol.endswith("-open") else {"color": REFERENCE, "width": 0.5}  # open marks are all edge
    what = f"<b>{schedule.title}</b>, level %{{customdata}} of {n}: σ = %{{x:.5g}}<br>{style.about}"
    return plotted.trace(
        go.Scatter,
        x=schedule.sigmas,
        y=np.full(n + 1, place),
        mode="lines+markers",
        line={"color": style.color, "dash": style.dash, "width": 1.5},
        marker={"color": style.color, "symbol": style.symbol, "size": 9, "line": edge},
        customdata=np.arange(n + 1),
        hovertemplate=what + "<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )


def _patches(row: Measured, outline: Outline, ceiling: float) -> go.Scatter:
    style, klub = STYLES[row.schedule.name], _klub(row)
    xs, ys, notes = [], [], []
    for step, ((sigma, height), term) in enumerate(zip(outline, klub.terms, strict=True), start=1):
        xs.append(np.concatenate([sigma, sigma[-1:]]))  # back to the axis, where the next patch starts
        ys.append(np.concatenate([height, [0.0]]))
        notes.append(np.full(sigma.size + 1, f"step {step}: {sigma[0]:.4g} → {sigma[-1]:.4g}, {term:.3g} nats"))
    total = str(klub)
    if max(float(part.max()) for part in ys) > ceiling:
        total += " (cut off)"
    return plotted.trace(
        go.Scatter,
        x=np.concatenate(xs).astype(np.float32),
        y=np.concatenate(ys).astype(np.float32),
        mode="lines",
        fill="tozeroy",
        fillcolor=_faded(style.color),
        line={"color": style.color, "width": 1.5},
        customdata=np.concatenate(notes),
        hovertemplate=f"{row.title}, %{{customdata}}<extra></extra>",
        name=f"{row.title}: KLUB {total}",
    )


def _faded(color: str) -> str:
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.3)"


def _ceiling(outlines: Sequence[Outline]) -> float:
    """Top of the area's axis: all of the best schedule's patches, and others up to eight times as high."""
    tops = [max(float(height.max()) for _, height in outline) for outline in outlines]
    return 1.08 * min(max(tops), 8 * min(tops))
