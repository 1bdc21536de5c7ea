"""What the Images page draws: pictures in rows, figures of quality, prices, and what they say in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ays_toy import figures
from ays_toy.figures import Bar, Curve, Priced
from ays_toy.images import compared, results
from ays_toy.images.scores import FIGURES
from ays_toy.metrics import Estimate
from ays_toy.palette import REFERENCE, STYLES
from ays_toy.samplers import SOLVERS, denoiser_calls
from ays_toy.ui import strips, tables
from ays_toy.ui.gallery import STILL
from ays_toy.ui.image_state import Shown, memories, style
from ays_toy.ui.image_view import VIEWS, ImagesView
from ays_toy.words import significant

LARGE = 32  # pixels from which pictures get the whole width of the page
RAIL = ("choice", "search", "published", "dialled", "time-uniform", "exact")


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
        words += f" {SOLVERS[view.solver].title} adds noise at every step: there is no one picture to differ from."
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
            rows = {name: figures_ for name, figures_ in kept.rows.items() if name != "dialled"}  # the dials have moved
            _add(found, steps, rows, view.figure)
    _add(found, view.steps, one.figures, view.figure)
    order = [name for name in compared.ORDER if name in found]
    titles = {name: one.entries[name].title if name in one.entries else STYLES[style(name)].title for name in order}
    data = [Curve(style(name), titles[name], found[name]) for name in order]
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
    ours = [name for name in (view.config.name, "choice", "search") if name in known]
    if not ours or not baselines:
        return ""
    best = min(baselines, key=lambda name: known[name].value)
    title = "The automatic choice" if ours[0] == "choice" else one.entries["search"].title
    words = f"**{_against(known[ours[0]], known[best], title, one.entries[best].title)}.**"
    if "exact" in known and "time-uniform" in known:
        klub = _against(known["exact"], known["time-uniform"], "The unstopped KLUB optimum", "time-uniform")
        worse = " loses to " in klub
        words += f" {klub}{': on real models least KLUB alone is not the best picture' if worse else ''}."
    return words


def _against(ours: Estimate, theirs: Estimate, name: str, other: str) -> str:
    figures_ = f"{significant(ours.value, ours.stderr)} against {significant(theirs.value, theirs.stderr)}"
    if abs(ours.value - theirs.value) <= 2 * float(np.hypot(ours.stderr, theirs.stderr)):
        return f"{name} and {other} agree within two standard errors ({figures_})"
    return f"{name} {'beats' if ours.value < theirs.value else 'loses to'} {other} ({figures_})"


def table(view: ImagesView, one: Shown) -> None:
    """KLUB and all figures of every schedule."""
    cells, colors = [], []
    measured_rows = one.figures.values()  # a figure that only some of them have is shown where it is the chosen one
    wanted = [
        name
        for name in FIGURES
        if measured_rows and (any if name == view.figure else all)(name in measured for measured in measured_rows)
    ]
    for name, entry in one.entries.items():
        price = one.prices[name]
        row: dict[str, Any] = {tables.MARK: tables.MARK, "Schedule": entry.title}
        row |= {"KLUB": price.value, "± KLUB": price.stderr}
        for figure in wanted:
            estimate = one.figures.get(name, {}).get(figure)
            row |= {
                FIGURES[figure].title: estimate and estimate.value,
                f"± {FIGURES[figure].title}": estimate and estimate.stderr,
            }
        row["Levels"] = "  ".join(f"{sigma:.3g}" for sigma in entry.sigmas)
        cells.append(row)
        colors.append(f"color: {STYLES[entry.style].color}")
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {tables.MARK: tables.mark()}
    config["KLUB"] = number(format="%.4g", width=80, help="Of Stochastic-DDIM, in nats.")
    config |= {
        FIGURES[name].title: number(_short(name).capitalize(), format="%.4g", width=108, help=FIGURES[name].about)
        for name in wanted
    }
    config |= {title: number("±", format="%.1g", width=56) for title in cells[0] if title.startswith("± ")}
    config["Levels"] = st.column_config.TextColumn(help="From the highest noise to the lowest.", width="large")
    st.dataframe(
        pd.DataFrame(cells).style.apply(lambda _: colors, subset=[tables.MARK]),
        hide_index=True,
        row_height=tables.ROW_HEIGHT,
        height=tables.ROW_HEIGHT * (len(cells) + 1) + 3,
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
