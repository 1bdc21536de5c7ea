"""What the Images page draws: pictures in rows, figures of quality, prices, and what they say in words."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ays_toy import figures
from ays_toy.figures import Bar, Curve, Priced
from ays_toy.images import compared, results
from ays_toy.images.scores import FIGURES
from ays_toy.metrics import Estimate
from ays_toy.palette import REFERENCE, STYLES
from ays_toy.samplers import denoiser_calls
from ays_toy.solvers import find
from ays_toy.ui import strips, tables
from ays_toy.ui.gallery import STILL
from ays_toy.ui.image_state import Shown, memories
from ays_toy.ui.image_view import VIEWS, ImagesView
from ays_toy.words import significant

LARGE = 32  # pixels from which pictures get the whole width of the page
UNKNOWN = Estimate(math.nan, math.nan)  # what has not been measured
RAIL = ("choice", "ays", "published", "p-optimum", "yours", "time-uniform", "klub-optimum")
PASSING = ("p-optimum", "yours")  # what goes by these names may have been another schedule before


def heading(view: ImagesView) -> str:
    """The page's claim."""
    calls = denoiser_calls(view.solver, view.steps)
    return f"Real images: the same noise, the same {calls} denoiser calls, {view.steps} steps placed differently"


def rows(view: ImagesView, one: Shown) -> None:
    """Pictures of every schedule, one row each, from the same noise."""
    reference = one.pictures.get("reference")
    difference = view.pictures == "difference" and reference is not None
    drawn = []
    if reference is not None:
        drawn.append(strips.Strip("100 steps", REFERENCE, ["the reference"], reference, "Pictures by 100 steps"))
    for name, entry in one.entries.items():
        if name not in one.pictures:
            continue
        pictures = one.pictures[name]
        if difference and reference is not None:
            pictures = compared.differences(pictures, reference)
        figure = one.figures.get(name, {}).get(view.figure)
        note = f"{_short(view.figure)} {significant(figure.value, figure.stderr)}" if figure else ""
        differ = ", their difference from 100 steps" if difference else ""
        alt = f"{entry.title}: {len(pictures)} pictures{differ}. {note}"
        color = STYLES[entry.style].color
        drawn.append(strips.Strip(entry.title, color, [note] if note else [], pictures, alt))
    strips.draw(drawn)


def _short(name: str) -> str:
    return {"frechet": "Fréchet", "frechet-pixels": "Fréchet, pixels", "distance": "distance"}[name]


def rows_caption(view: ImagesView, one: Shown) -> str:
    """What to look for in the pictures."""
    look = "**Look for** strokes that break, smear or fill in" if view.bundled else "**Look for** missing detail, blur"
    words = f"{look}: columns share their noise, rows differ in the schedule alone"
    if one.figures:
        words += f"; lower figures are better, each of {view.config.samples:,} samples from seeds that no search used"
    words += "."
    if not compared.has_reference(view.solver):
        words += f" {find(view.solver).title} adds noise at every step: there is no one picture to differ from."
    return words


def curves(view: ImagesView, one: Shown) -> go.Figure:
    """Quality over the number of steps: what ships with the digits, and all that this session has measured."""
    config, ours = view.config, results.digits()
    found: dict[str, dict[int, Estimate]] = {}
    if view.bundled:
        for steps in ours.steps:
            entry = ours.at(view.solver, steps)
            _add(found, steps, entry.figures if entry else {}, view.figure)
    for (which, folder, solver, steps, seed), kept in memories().items():
        if (which, folder, solver, seed) == (config.which, config.folder, config.solver, config.seed):
            rows = {name: figures_ for name, figures_ in kept.rows.items() if name not in PASSING}
            _add(found, steps, rows, view.figure)
    for name, measured in one.figures.items():
        _add(found, one.entries[name].sigmas.size - 1, {name: measured}, view.figure)
    order = [name for name in compared.ORDER if name in found]
    titles = {name: one.entries[name].title if name in one.entries else STYLES[name].title for name in order}
    data = [Curve(name, titles[name], found[name]) for name in order]
    return figures.quality_over_steps(data, view.steps, FIGURES[view.figure].title)


def _add(
    found: dict[str, dict[int, Estimate]], steps: int, rows: Mapping[str, Mapping[str, Estimate]], figure: str
) -> None:
    for name, measured in rows.items():
        if figure in measured:
            found.setdefault(name, {})[steps] = measured[figure]


def _bars(one: Shown) -> go.Figure:
    bars = []
    for name, entry in one.entries.items():
        price = one.prices[name]
        bars.append(Bar(entry.style, entry.title, Estimate(price.value, price.stderr)))
    return figures.klub_bars(bars)


def verdict(view: ImagesView, one: Shown) -> str:
    """What the figures say: ours against the best baseline, and the KLUB optimum against time-uniform."""
    known = {name: measured[view.figure] for name, measured in one.figures.items() if view.figure in measured}
    baselines = [name for name in known if name in compared.BASELINES]
    ours = [name for name in (view.config.name, "choice", "ays") if name in known]
    if not ours or not baselines:
        return ""
    best = min(baselines, key=lambda name: known[name].value)
    words = f"**{_against(known[ours[0]], known[best], one.entries[ours[0]].title, one.entries[best].title)}.**"
    if "klub-optimum" in known and "time-uniform" in known:
        klub = _against(known["klub-optimum"], known["time-uniform"], one.entries["klub-optimum"].title, "Time-uniform")
        worse = " loses to " in klub
        words += f" {klub}{': on real models least KLUB alone is not the best picture' if worse else ''}."
    return words


def _against(ours: Estimate, theirs: Estimate, name: str, other: str) -> str:
    figures_ = f"{significant(ours.value, ours.stderr)} against {significant(theirs.value, theirs.stderr)}"
    if not ours.differs(theirs):
        return f"{name} and {other} agree within two standard errors ({figures_})"
    return f"{name} {'beats' if ours.value < theirs.value else 'loses to'} {other} ({figures_})"


def table(view: ImagesView, one: Shown) -> None:
    """KLUB and all figures of every schedule."""
    measured_rows = one.figures.values()  # a figure that only some of them have is shown where it is the chosen one
    wanted = [
        name
        for name in FIGURES
        if measured_rows and (any if name == view.figure else all)(name in measured for measured in measured_rows)
    ]
    prices = [one.prices[name] for name in one.entries]
    estimates = {"KLUB": [Estimate(price.value, price.stderr) for price in prices]}
    for figure in wanted:
        estimates[FIGURES[figure].title] = [one.figures.get(name, {}).get(figure, UNKNOWN) for name in one.entries]
    entries = one.entries.values()
    cells: dict[str, list[Any]] = {tables.MARK: [tables.MARK] * len(entries)}
    cells["Schedule"] = [entry.title for entry in entries]
    cells |= {title: [estimate.value for estimate in column] for title, column in estimates.items()}
    cells["Levels"] = ["  ".join(f"{sigma:.3g}" for sigma in entry.sigmas) for entry in entries]
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {tables.MARK: tables.mark()}
    config["KLUB"] = number(width=104, help="Of Stochastic-DDIM, in nats; ± is one standard error.")
    config |= {
        FIGURES[name].title: number(_short(name).capitalize(), width=128, help=FIGURES[name].about) for name in wanted
    }
    config["Levels"] = st.column_config.TextColumn(help="From the highest noise to the lowest.", width="large")
    st.dataframe(
        tables.with_errors(pd.DataFrame(cells), estimates, [f"color: {STYLES[e.style].color}" for e in entries]),
        hide_index=True,
        row_height=tables.ROW_HEIGHT,
        height=tables.ROW_HEIGHT * (len(entries) + 1) + 3,
        column_config=config,
        placeholder="–",
        key="images table",
        alt="KLUB and quality of every schedule on images, with standard errors.",
    )


def large(one: Shown) -> bool:
    """Whether the pictures need the page's whole width."""
    return any(pictures.shape[1] > LARGE for pictures in one.pictures.values())


def view_control(view: ImagesView) -> None:
    """Pictures, or how they differ from what many steps make of the same noise."""
    st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=lambda name: VIEWS[name],
        key="pictures",
        required=True,
        disabled=not compared.has_reference(view.solver),
        label_visibility="collapsed",
        persist_state="session",
    )


def quality(view: ImagesView, one: Shown) -> None:
    """Quality over the number of steps, and KLUB of every schedule."""
    st.plotly_chart(
        curves(view, one),
        key="quality",
        config=STILL,
        alt=f"{FIGURES[view.figure].title} of every schedule over the number of steps, with error bars.",
    )
    st.caption(
        f"**Look for** the lowest curve at few steps: {FIGURES[view.figure].title}, lower is better, with one "
        "standard error. The dotted line is the chosen number of steps."
    )
    st.plotly_chart(_bars(one), key="image klub", config=STILL, alt="KLUB of every schedule on a log scale.")
    st.caption("**Look for** where KLUB and the figure above disagree: the bound is not the picture.")


def levels(one: Shown) -> None:
    """The rail over KLUB as area."""
    priced = [
        Priced(e.style, e.sigmas, one.prices[name], one.gram.outline(e.sigmas), e.title)
        for name, e in one.entries.items()
        if name in RAIL
    ]
    prices = ", ".join(f"{schedule.title} {schedule.klub.value:.3g} nats" for schedule in priced)
    st.plotly_chart(
        figures.rail_and_area(priced, one.gram.grid),
        key="image rail",
        config=STILL,
        alt=f"Noise levels of each schedule, and KLUB as area: {prices}.",
    )
    st.caption(
        "**Look for** where steps lie close together. **Top:** each mark is a noise level of the schedule. **Below:** "
        "one patch per step, its area the nats that the step adds to KLUB."
    )
