"""What stands beside the study, drawn: schedules against one of them, and the dial between precision and mode mass."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ays_toy.figures import plotted
from ays_toy.figures.evidence import FRAME, look
from ays_toy.palette import MARGIN, REFERENCE
from ays_toy.words import significant

TICKS = [mark * 10.0**k for k in range(-4, 3) for mark in (1, 2, 5)]  # of a ratio
ROW, ENDS = 26, 104  # pixels of a line, and of what stands around them
POWERS = "p-optimum"  # whose look the curve of the powers has
LARGEST = 18  # mark of the schedules beside it, each smaller than the one before, which it may lie on


def against(means: pd.DataFrame, titles: Mapping[str, str], base: str, what: str) -> go.Figure:
    """A mark for the ratio of each schedule to the base, whose title is given, a line for every solver and length.

    `means` has such lines as rows, their ratios and the errors of those as columns.
    """
    traces = []
    solvers, steps = zip(*((solver, f"{steps} steps") for solver, steps in means.index), strict=True)
    for name, title in titles.items():
        style, ratios, errors = look(name), means["ratio"][name], means["error"][name]
        part = errors / ratios  # even to both sides in the logarithm, whose error it is
        traces.append(
            plotted.trace(
                go.Scatter,
                x=ratios,
                y=[solvers, steps],
                error_x={
                    **{"type": "data", "array": ratios * np.expm1(part), "arrayminus": -ratios * np.expm1(-part)},
                    **{"color": style.color, "thickness": 1.2, "width": 3},
                },
                mode="markers",
                marker={"color": style.color, "symbol": style.symbol, "size": 10},
                name=title,
                customdata=[significant(*pair) for pair in zip(ratios, errors, strict=True)],
                hovertemplate=f"{title}, %{{y}}<br>{what} %{{customdata}} times {base}<extra></extra>",
            )
        )
    figure = plotted.figure(traces)
    figure.add_vline(1.0, line={"color": REFERENCE, "dash": "dot", "width": 1.4})
    figure.update_yaxes(autorange="reversed", fixedrange=True, ticks="", showdividers=False)
    said = {"text": f"times {base}", "standoff": 2}
    figure.update_xaxes(type="log", fixedrange=True, title=said, tickvals=TICKS, tickformat="~g", tickangle=0)
    figure.update_layout(height=ENDS + ROW * len(means), margin={**MARGIN, "b": 36}, hovermode="closest")
    return figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"})


def dial(
    values: pd.DataFrame, errors: pd.DataFrame, powers: Mapping[str, float], others: Mapping[str, str]
) -> go.Figure:
    """Outliers against the error of the modes' mass: a curve of the optima for all powers, others beside it."""
    style = look(POWERS)
    along = values.loc[list(powers)]
    curve = plotted.trace(
        go.Scatter,
        x=along["mode-mass"],
        y=along["outliers"],
        mode="lines+markers+text",
        line={"color": style.color, "dash": style.dash, "width": 1.6},
        marker={"color": style.color, "symbol": style.symbol, "size": 9},
        name="p-optimum for every p",
        text=[f"p = {power:g}" for power in powers.values()],
        textposition="top right",
        textfont={"size": 11},
        cliponaxis=False,
        hovertemplate="%{text}<br>mode mass error %{x:.3g}, outliers %{y:.3g}<extra></extra>",
    )
    traces = [curve]
    for k, (name, title) in enumerate(others.items()):
        style, value, error = look(name), values.loc[name], errors.loc[name]
        traces.append(
            plotted.trace(
                go.Scatter,
                x=[value["mode-mass"]],
                y=[value["outliers"]],
                error_x={"type": "data", "array": [error["mode-mass"]], "color": style.color, "thickness": 1.2},
                error_y={"type": "data", "array": [error["outliers"]], "color": style.color, "thickness": 1.2},
                mode="markers",
                marker={"color": style.color, "symbol": style.symbol, "size": LARGEST - 3 * k},
                name=title,
                hovertemplate=f"{title}<br>mode mass error %{{x:.3g}}, outliers %{{y:.3g}}<extra></extra>",
            )
        )
    ends = {"rangemode": "tozero", "fixedrange": True}
    figure = plotted.figure(traces)
    figure.update_xaxes(title={"text": "mode mass error", "standoff": 2}, **ends)
    figure.update_yaxes(title={"text": "outliers", "standoff": 4}, tickformat=".0%", **ends)
    return figure.update_layout(FRAME)
