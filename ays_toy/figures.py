"""Data in, Plotly figure out. Deterministic: the same data give the same bytes, or the browser would redraw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ays_toy.comparison import significant
from ays_toy.klub import KlubEstimate
from ays_toy.palette import DENSITY, REFERENCE, STYLES

MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


@dataclass(frozen=True, eq=False)
class Panel:
    """One density picture: title and the color of its badge, lines under it, shades [bins, bins] of one byte."""

    title: str
    color: str
    notes: Sequence[str]
    image: np.ndarray


def density_panels(panels: Sequence[Panel], half_width: float) -> go.Figure:
    """The true density and the schedules' samples side by side, on one scale of color and space."""
    figure = make_subplots(rows=1, cols=len(panels), horizontal_spacing=0.012)
    bins = panels[0].image.shape[0]
    center = (np.arange(bins, dtype=np.float32) + 0.5) * (2 * half_width / bins) - half_width
    for column, panel in enumerate(panels, start=1):
        heat = go.Heatmap(
            z=panel.image, x=center, y=center, zmin=0, zmax=255, colorscale=DENSITY, showscale=False, hoverinfo="skip"
        )
        figure.add_trace(heat, row=1, col=column)
        axis = "" if column == 1 else str(column)
        figure.update_xaxes(
            visible=False, range=[-half_width, half_width], constrain="domain", fixedrange=True, row=1, col=column
        )
        figure.update_yaxes(
            visible=False,
            range=[-half_width, half_width],
            scaleanchor=f"x{axis}",
            constrain="domain",
            fixedrange=True,
            row=1,
            col=column,
        )
        figure.add_annotation(
            text="<br>".join(
                [
                    f"<span style='color:{panel.color}'>■</span> <b>{panel.title}</b>",
                    *(f"<span style='font-size:12px'>{note}</span>" for note in panel.notes),
                ]
            ),
            x=0.5,
            xref=f"x{axis} domain",
            y=1.0,
            yref=f"y{axis} domain",
            yanchor="bottom",
            yshift=2,
            showarrow=False,
            font={"size": 15},
        )
    return figure.update_layout(margin={**MARGIN, "t": 62, "b": 0}, dragmode=False)


@dataclass(frozen=True, eq=False)
class Priced:
    """A schedule with its KLUB and the outline of every step's patch (PathGram.outline)."""

    name: str
    sigmas: np.ndarray
    klub: KlubEstimate
    outline: list[tuple[np.ndarray, np.ndarray]]


def rail_and_area(schedules: Sequence[Priced], grid: np.ndarray, height: int = 370) -> go.Figure:
    """Where each schedule puts its levels, over KLUB as area: one patch per step on the same log-sigma axis."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.36, 0.64], vertical_spacing=0.05)
    for row, schedule in enumerate(schedules):
        figure.add_trace(_rail(schedule, len(schedules) - 1 - row), row=1, col=1)
    # The best is drawn last, on top; its patches are the small ones.
    ceiling = _ceiling(schedules)
    for schedule in sorted(schedules, key=lambda s: -s.klub.value):
        figure.add_trace(_patches(schedule, ceiling), row=2, col=1)
    ends = np.log10([grid[0] * 1.15, grid[-1] / 1.15])
    figure.update_xaxes(type="log", range=ends, fixedrange=True, showgrid=False, zeroline=False, dtick=1)
    figure.update_xaxes(title={"text": "noise level σ (sampling runs left to right)", "standoff": 2}, row=2, col=1)
    titles = [STYLES[s.name].title for s in schedules]
    places = list(range(len(schedules) - 1, -1, -1))
    figure.update_yaxes(
        tickvals=places,
        ticktext=titles,
        range=[-0.6, len(schedules) - 0.4],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        row=1,
        col=1,
    )
    figure.update_yaxes(
        title={"text": "nats per unit of log σ", "standoff": 4},
        range=[0, ceiling],
        fixedrange=True,
        zeroline=False,
        rangemode="nonnegative",
        nticks=4,
        row=2,
        col=1,
    )
    # Over the high noise levels, where no schedule has an area that could be seen.
    legend = {"x": 0.01, "xanchor": "left", "y": 0.6, "yanchor": "top", "bgcolor": "rgba(0,0,0,0)"}
    return figure.update_layout(height=height, margin={**MARGIN, "b": 36}, legend=legend, hovermode="closest")


def _rail(schedule: Priced, place: int) -> go.Scatter:
    style, n = STYLES[schedule.name], schedule.sigmas.size - 1
    what = f"<b>{style.title}</b>, level %{{customdata}} of {n}: σ = %{{x:.5g}}<br>{style.about}"
    return go.Scatter(
        x=schedule.sigmas,
        y=np.full(n + 1, place, dtype=np.float32),
        mode="lines+markers",
        line={"color": style.color, "dash": style.dash, "width": 1.5},
        marker={"color": style.color, "symbol": style.symbol, "size": 9, "line": {"color": REFERENCE, "width": 0.5}},
        customdata=np.arange(n + 1),
        hovertemplate=what + "<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )


def _patches(schedule: Priced, ceiling: float) -> go.Scatter:
    style = STYLES[schedule.name]
    xs, ys, notes = [], [], []
    for step, ((sigma, height), term) in enumerate(zip(schedule.outline, schedule.klub.terms, strict=True), start=1):
        xs.append(np.concatenate([sigma, sigma[-1:]]))  # back to the axis, where the next patch starts
        ys.append(np.concatenate([height, [0.0]]))
        notes.append(np.full(sigma.size + 1, f"step {step}: {sigma[0]:.4g} → {sigma[-1]:.4g}, {term:.3g} nats"))
    total = significant(schedule.klub.value, schedule.klub.stderr)
    if max(float(part.max()) for part in ys) > ceiling:
        total += " (cut off)"
    return go.Scatter(
        x=np.concatenate(xs).astype(np.float32),
        y=np.concatenate(ys).astype(np.float32),
        mode="lines",
        fill="tozeroy",
        fillcolor=_faded(style.color),
        line={"color": style.color, "width": 1.5},
        customdata=np.concatenate(notes),
        hovertemplate=f"{style.title}, %{{customdata}}<extra></extra>",
        name=f"{style.title}: KLUB {total}",
    )


def _faded(color: str) -> str:
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.3)"


def _ceiling(schedules: Sequence[Priced]) -> float:
    """Top of the area's axis: all of the best schedule's patches, and others up to eight times as high."""
    tops = [max(float(height.max()) for _, height in s.outline) for s in schedules]
    return 1.08 * min(max(tops), 8 * min(tops))
