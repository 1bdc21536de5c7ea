"""What schedules do to an image model: quality over the number of steps, and KLUB side by side."""

import base64
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from ays_toy.estimates import Estimate, Measured
from ays_toy.figures import plotted
from ays_toy.palette import MARGIN, STYLES

LONGEST = 17  # letters of a title in one line, or it would take the room of what it stands beside
LINE, ROW = 15, 19  # pixels: of a title's line, of the legend's


@dataclass(frozen=True, eq=False)
class Curve:
    """One schedule's figure of quality by number of steps; `name` is its entry in the palette."""

    name: str
    title: str
    values: Mapping[int, Estimate]


def in_lines(title: str, longest: int = LONGEST) -> list[str]:
    """A title in lines that leave a figure its room."""
    return textwrap.wrap(title, longest, break_on_hyphens=False) or [title]


def quality_over_steps(curves: Sequence[Curve], steps: int, title: str, height: int = 270) -> go.Figure:
    """Quality of every schedule over the number of steps, with error bars, the chosen number marked.

    The legend stands above it in two columns, and has its room beyond the height.
    """
    traces = []
    every = sorted({n for curve in curves for n in curve.values} | {steps})
    for curve in curves:
        style, at = STYLES[curve.name], sorted(curve.values)
        estimates = [curve.values[n] for n in at]
        traces.append(
            plotted.trace(
                go.Scatter,
                x=np.array(at, dtype=np.float32),
                y=np.array([e.value for e in estimates], dtype=np.float32),
                error_y={
                    "array": np.array([e.stderr for e in estimates], dtype=np.float32),
                    "width": 3,
                    "thickness": 1,
                },
                mode="lines+markers",
                name=curve.title,
                line={"color": style.color, "dash": style.dash, "width": 3 if curve.name == "choice" else 1.6},
                marker={"color": style.color, "symbol": style.symbol, "size": 9 if curve.name == "choice" else 7},
                customdata=[str(e) for e in estimates],
                hovertemplate=f"<b>{curve.title}</b>, %{{x}} steps: %{{customdata}}<extra></extra>",
            )
        )
    figure = plotted.figure(traces)
    figure.add_vline(x=steps, line={"width": 1, "dash": "dot"})
    figure.update_xaxes(
        type="log",
        tickvals=every,
        range=np.log10([every[0] / 1.06, every[-1] * 1.06]),
        fixedrange=True,
        title={"text": "steps", "standoff": 2},
    )
    ends = [v for c in curves for e in c.values.values() for v in (e.value - e.stderr, e.value + e.stderr) if v > 0]
    figure.update_yaxes(
        type="log",
        range=np.log10([min(ends) / 1.15, max(ends) * 1.15]) if ends else None,
        tickvals=[f * 10.0**e for e in range(-5, 6) for f in (1, 2, 5)],
        tickformat="~g",
        fixedrange=True,
        title={"text": title, "standoff": 4},
    )
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 10}}
    legend |= {"entrywidthmode": "fraction", "entrywidth": 0.49}
    top = MARGIN["t"] + ROW * (len(curves) + 1) // 2
    return figure.update_layout(height=height + top, margin={**MARGIN, "b": 36, "t": top}, legend=legend)


def klub_bars(rows: Sequence[Measured]) -> go.Figure:
    """KLUB of every schedule on a log scale, its error bar, and the number itself beside it; the least on top.

    Long titles take several lines, and the figure as much height as that asks for.
    """
    priced = sorted(((row, row.klub) for row in rows if row.klub), key=lambda pair: -pair[1].value)
    values = np.array([klub.value for _, klub in priced])
    titles = [in_lines(row.title) for row, _ in priced]
    bars = plotted.trace(
        go.Bar,
        x=values.astype(np.float32),
        y=["<br>".join(lines) for lines in titles],
        orientation="h",
        marker={"color": [STYLES[row.schedule.name].color for row, _ in priced]},
        error_x={"array": np.array([klub.stderr for _, klub in priced], dtype=np.float32), "width": 3},
        text=[f" {klub}" for _, klub in priced],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="<b>%{y}</b>: KLUB %{text} nats<extra></extra>",
    )
    figure = plotted.figure([bars])
    low, high = np.log10([values.min() / 2, values.max()])
    figure.update_xaxes(
        type="log",
        range=[low, high + 0.95 * (high - low)],  # the numbers beside the bars have room in a narrow window too
        fixedrange=True,
        dtick=1,
        title={"text": "KLUB (nats)", "standoff": 2},
    )
    figure.update_yaxes(fixedrange=True)
    apart = max((len(a) + len(b)) / 2 for a, b in pairwise([titles[0], *titles]))  # lines from one title to the next
    height = round(MARGIN["t"] + 36 + len(rows) * (LINE * apart + 9))
    return figure.update_layout(height=height, margin={**MARGIN, "b": 36}, showlegend=False)


def png_address(picture: Image.Image) -> str:
    """A picture as an address that holds all of it."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
