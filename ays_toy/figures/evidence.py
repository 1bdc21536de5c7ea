"""What the study says, drawn: who wins where, metric against steps, quality against what finding it cost."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ays_toy.figures import plotted, point_labels
from ays_toy.palette import MARGIN, REFERENCE, STYLES, Style
from ays_toy.words import significant

ROW, TOP = 24, 46  # pixels of a schedule in the map, and of what stands over it
FRAME = {"height": 330, "margin": {**MARGIN, "b": 36}, "hovermode": "closest"}  # of the figures below it
MANY = 16  # columns of the map from which on there is room for short words alone
WORST = 30.0  # ratio from which on all are drawn alike
# Laid thinly over the page, so that its words are read on all of it in the light and in the dark.
SCALE = [[0.0, "rgba(230,159,0,0.55)"], [0.4, "rgba(230,159,0,0.15)"], [1.0, "rgba(86,130,180,0.35)"]]


def winners(ratios: pd.DataFrame, tied: pd.DataFrame, titles: Mapping[str, str]) -> go.Figure:
    """How far every schedule is from the best, by solver and number of steps; a dot where it is as good in most cases.

    Both tables are by case and schedule: ratios to the best of the case, and whether it is told from that. Rows come in
    the order of `titles`.
    """
    by = ["solver", "steps"]
    means = ratios.map(np.log).groupby(by, sort=False).mean().map(np.exp)[list(titles)]
    shares = tied.groupby(by, sort=False).mean()[list(titles)]
    many = len(means) > MANY
    solvers, steps = zip(*((solver, f"{n}" if many else f"{n} steps") for solver, n in means.index), strict=True)
    text = [
        [cell(value, share >= 0.5, many) for value, share in zip(*pair, strict=True)]
        for pair in zip(means.T.to_numpy(), shares.T.to_numpy(), strict=True)
    ]
    cells = plotted.trace(
        go.Heatmap,
        z=np.log10(np.minimum(means.T.to_numpy(), WORST)),
        x=[solvers, steps],  # each solver once, over its numbers of steps
        y=list(titles.values()),
        text=text,
        customdata=np.stack([means.T.to_numpy(), 100 * shares.T.to_numpy()], axis=-1),
        texttemplate="%{text}",
        textfont={"size": 10 if many else 12},
        colorscale=SCALE,
        zmin=0,
        zmax=float(np.log10(WORST)),
        showscale=False,
        hovertemplate="%{y}, %{x}<br>%{customdata[0]:.3g} times the best<br>"
        "best or as good in %{customdata[1]:.0f} % of the cases<extra></extra>",
    )
    figure = plotted.figure([cells])
    figure.update_yaxes(autorange="reversed", fixedrange=True, ticks="", showgrid=False)
    figure.update_xaxes(side="top", tickangle=0, fixedrange=True, ticks="", showgrid=False, showdividers=False)
    return figure.update_layout(height=TOP + ROW * len(titles), margin={**MARGIN, "t": TOP})


def cell(ratio: float, best: bool, short: bool) -> str:
    """A ratio as the map shows it, with a dot where it is as good as the best."""
    digits = 0 if ratio >= (10 if short else 100) else 1 if short else 2
    return f"{'●' if best else ''}{'' if short or not best else ' '}{ratio:.{digits}f}"


def by_steps(values: pd.DataFrame, errors: pd.DataFrame, titles: Mapping[str, str], what: str) -> go.Figure:
    """A metric against the number of steps (rows), a line for every schedule named, with its error bars."""
    traces = []
    for name, title in titles.items():
        style, value, error = look(name), values[name], errors[name]
        traces.append(
            plotted.trace(
                go.Scatter,
                x=values.index,
                y=value,
                error_y={"type": "data", "array": error, "color": style.color, "thickness": 1.2, "width": 3},
                mode="lines+markers",
                line={"color": style.color, "dash": style.dash, "width": 1.6},
                marker={"color": style.color, "symbol": style.symbol, "size": 8},
                name=title,
                customdata=[significant(*pair) for pair in zip(value, error, strict=True)],
                hovertemplate=f"{title}, %{{x}} steps<br>{what} %{{customdata}}<extra></extra>",
            )
        )
    figure, positive = plotted.figure(traces), bool((values[list(titles)].min() > 0).all())
    said = {"text": "number of steps", "standoff": 2}
    figure.update_xaxes(type="log", title=said, tickvals=list(values.index), tickangle=0, fixedrange=True)
    figure.update_yaxes(title={"text": what, "standoff": 4}, fixedrange=True, tickformat="~g")
    figure.update_yaxes({"type": "log", "dtick": 1} if positive else {"type": "linear"})
    return figure.update_layout(FRAME)


def cost(calls: Mapping[str, float], ratios: Mapping[str, float], titles: Mapping[str, str]) -> go.Figure:
    """How far from the best each schedule is, against the denoiser calls that finding it takes; none at the left."""
    least = min((count for count in calls.values() if count), default=1.0)
    at = np.log10([[calls[name] or least / 10, ratios[name]] for name in titles])
    around = 0.05 * np.ptp(at[:, 1])
    low, high = at.min(axis=0) - np.array([0.15, around]), at.max(axis=0) + np.array([0.6, around])  # room for words
    places = point_labels.sides((at - low) / (high - low), list(titles.values()))
    traces = []
    for (name, title), place in zip(titles.items(), places, strict=True):
        style = look(name)
        traces.append(
            plotted.trace(
                go.Scatter,
                x=[calls[name] or least / 10],
                y=[ratios[name]],
                mode="markers+text",
                marker={"color": style.color, "symbol": style.symbol, "size": 11},
                name=title,
                text=[title],
                textposition=place,
                textfont={"size": 10},
                cliponaxis=False,
                customdata=[f"{calls[name]:,.0f} denoiser calls" if calls[name] else "no denoiser call"],
                hovertemplate=f"{title}<br>%{{y:.3g}} times the best<br>%{{customdata}}<extra></extra>",
            )
        )
    figure, ticks = plotted.figure(traces), [least / 10, *(10.0**k for k in range(int(np.floor(np.log10(least))), 9))]
    words = ["none", *(f"{tick:,.0f}" for tick in ticks[1:])]
    figure.update_xaxes(
        type="log",
        tickvals=ticks,
        ticktext=words,
        fixedrange=True,
        range=[low[0], high[0]],
        title={"text": "denoiser calls to find it", "standoff": 2},
    )
    figure.update_yaxes(type="log", dtick=1, tickformat="~g", fixedrange=True, range=[low[1], high[1]])
    figure.update_yaxes(title={"text": "times the best of a case", "standoff": 4})
    return figure.update_layout(FRAME, showlegend=False)


def bound(points: pd.DataFrame, titles: Mapping[str, str]) -> go.Figure:
    """The divergence of the samples from the data, `truth`, against the bound on it, `klub`: a point for every row."""
    traces = []
    for name, title in titles.items():
        style, some = look(name), points[points.schedule == name]
        traces.append(
            plotted.trace(
                go.Scatter,
                x=some.klub,
                y=some.truth,
                mode="markers",
                marker={"color": style.color, "symbol": style.symbol, "size": 7, "opacity": 0.8},
                name=title,
                hovertemplate=f"{title}<br>KLUB %{{x:.3g}} nats, KL of the samples %{{y:.3g}}<extra></extra>",
            )
        )
    ends = [min(points.truth.min(), points.klub.min()) / 1.5, points.klub.max() * 1.5]
    traces.append(
        plotted.trace(
            go.Scatter,
            x=ends,
            y=ends,
            mode="lines",
            line={"color": REFERENCE, "dash": "dot"},
            name="KL = KLUB",
            hoverinfo="skip",
        )
    )
    figure = plotted.figure(traces)
    for axis, what in (("xaxis", "KLUB (nats)"), ("yaxis", "KL true‖samples (nats)")):
        said = {"text": what, "standoff": 3}
        figure.update_layout({axis: {"type": "log", "dtick": 1, "fixedrange": True, "title": said}})
    return figure.update_layout(FRAME)


def look(name: str) -> Style:
    """A schedule's look; the choice before its refinement is drawn as an open mark of it."""
    return STYLES.get(name) or OTHERS.get(name, PLAIN)


PLAIN = Style("", STYLES["choice"].color, "dot", f"{STYLES['choice'].symbol}-open", "")
OTHERS = {
    "best-known": Style("", REFERENCE, "dot", "star", ""),
    "coefficients": Style("", STYLES["ode-optimum"].color, "dot", "cross", ""),
}
