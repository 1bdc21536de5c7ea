"""How a model learns, and how good it is."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ays_toy.figures import plotted
from ays_toy.figures.axes import axes
from ays_toy.palette import MARGIN, MODEL, REFERENCE
from ays_toy.pricing.calibration import Calibration


def training_curves(
    steps: Sequence[int], excesses: Sequence[float], losses: Sequence[float], height: int = 310
) -> go.Figure:
    """Excess over the least possible error on a log scale, and the training loss below it, over the training steps."""
    layout, traces = axes(2, 1, shared_xaxes=True, vertical_spacing=0.08), []
    for values, axis, form in ((excesses, "", ".3~%"), (losses, "2", ".4g")):
        traces.append(
            plotted.trace(
                go.Scatter,
                x=np.asarray(steps, dtype=np.float32),
                y=np.asarray(values, dtype=np.float32),
                mode="lines",
                line={"color": MODEL, "width": 2},
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
                hovertemplate=f"step %{{x:,}}: %{{y:{form}}}<extra></extra>",
            )
        )
    ticks = [factor * 10.0**power for power in range(-7, 3) for factor in (1, 2, 5)]
    layout["yaxis"] |= {"type": "log", "tickvals": ticks, "tickformat": "~%", "title": {"text": "excess error"}}
    layout["yaxis2"] |= {"tickformat": ".2f", "nticks": 5, "title": {"text": "training loss"}}
    layout["xaxis2"] |= {"title": {"text": "training step", "standoff": 6}}
    figure = plotted.figure(traces)
    figure.update_layout(layout, height=height, margin={**MARGIN, "b": 46}, showlegend=False)
    return figure.update_xaxes(fixedrange=True, showgrid=False).update_yaxes(fixedrange=True)


def calibration_figure(measured: Calibration, height: int = 240) -> go.Figure:
    """The gap of a calibration over the noise levels, with a band of two standard errors around it."""
    sigma, gap, band = (np.asarray(a, dtype=np.float32) for a in (measured.sigma, measured.gap, 2 * measured.stderr))
    doubt = plotted.trace(
        go.Scatter,
        x=np.concatenate([sigma, sigma[::-1]]),
        y=np.concatenate([gap + band, (gap - band)[::-1]]),
        fill="toself",
        fillcolor="rgba(140,140,140,0.3)",
        line={"width": 0},
        hoverinfo="skip",
        name="± 2 standard errors",
    )
    line = plotted.trace(
        go.Scatter,
        x=sigma,
        y=gap,
        customdata=band / 2,
        mode="lines",
        line={"color": MODEL, "width": 2},
        name="this model",
        hovertemplate="σ = %{x:.4g}: %{y:.2%} ± %{customdata:.1%}<extra></extra>",
    )
    figure = plotted.figure([doubt, line])
    figure.add_hline(y=0, line={"color": REFERENCE, "dash": "dash", "width": 1})
    reach = max(0.02, 1.15 * float(np.abs(np.concatenate([gap + band, gap - band])).max()))
    figure.update_xaxes(
        type="log",
        range=np.log10([sigma.max(), sigma.min()]),
        dtick=1,
        fixedrange=True,
        showgrid=False,
        title={"text": "noise level σ", "standoff": 6},
    )
    figure.update_yaxes(
        range=[-reach, reach],
        tickformat=".0%",
        fixedrange=True,
        zeroline=False,
        nticks=5,
        title={"text": "gap / error"},
    )
    legend = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"}
    return figure.update_layout(height=height, margin={**MARGIN, "t": 26, "b": 46}, legend=legend)
