"""What the Images page draws: pictures in rows, figures of quality, prices, and what to look for in them."""

from collections.abc import Iterator
from typing import Any

import streamlit as st

from ays_toy import figures
from ays_toy.estimates import Estimate, Measured
from ays_toy.figures import Curve
from ays_toy.images import compared
from ays_toy.images.sampling import told
from ays_toy.images.scores import FIGURES, REPORTED
from ays_toy.palette import STYLES
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import find
from ays_toy.ui import gallery, tables, terms
from ays_toy.ui.controls import pick
from ays_toy.ui.images import strips
from ays_toy.ui.images.image_state import REFERENCE, Shown, memories
from ays_toy.ui.images.image_view import VIEWS, ImagesView, ships

RAIL = ("choice", "ays", "published", "p-optimum", "yours", "time-uniform", "klub-optimum")
OPTIMA = ("klub-optimum", "p-optimum")
PASSING = ("p-optimum", "yours")  # what goes by these names may have been another schedule before


def heading(view: ImagesView) -> str:
    """The page's claim."""
    calls = denoiser_calls(view.solver, view.steps)
    return f"Real images: the same noise, the same {calls} denoiser calls, {view.steps} steps placed differently"


def rows(view: ImagesView, one: Shown) -> None:
    """Pictures of every schedule, one row each, from the same noise, under what they were to show."""
    reference, drawn = one.pictures.get(REFERENCE), []
    if one.with_reference:
        steps = Schedule(REFERENCE, "100 steps")
        drawn.append(strips.Strip(steps, "the reference", reference, "Pictures by 100 steps"))
    for name in sorted(one.rows, key=OPTIMA.__contains__):  # which dials below the pictures move
        row, pictures = one.rows[name], one.pictures.get(name)
        if pictures is None and not view.bundled:
            continue
        differ = ""
        if view.pictures == "difference" and reference is not None and pictures is not None:
            pictures, differ = compared.differences(pictures, reference), ", their difference from 100 steps"
        note = _note(view, row)
        alt = f"{row.title}: {one.shape[0]} pictures{differ}. {note}" if pictures is not None else "Being drawn"
        drawn.append(strips.Strip(row.schedule, note, pictures, alt))
    asked = [str(label) for label in told(one.model, one.shape[0]).tolist()] if one.model.labels else []
    strips.show(drawn, one.shape, asked)


def _note(view: ImagesView, row: Measured) -> str:
    """What a schedule's samples come to: the chosen figure, and of how many the classifier reads what was asked for."""
    parts = [f"{_short(view.figure)} {row.metrics[view.figure]}"] if view.figure in row.metrics else []
    if "as-told" in row.metrics:
        parts.append(f"{row.metrics['as-told'].value:.1%} read as told")
    return ", ".join(parts)


def _short(name: str) -> str:
    short = {"frechet": "Fréchet", "energy-features": "energy", "frechet-pixels": "Fréchet, pixels"}
    return short.get(name) or {**FIGURES, **REPORTED}[name].title


def rows_caption(view: ImagesView, one: Shown) -> str:
    """What to look for in the pictures."""
    strokes = ships(view.image_model)
    look = "**Look for** strokes that break, smear or fill in" if strokes else "**Look for** missing detail, blur"
    asked = ", and the digit above them that was asked for" if one.model.labels else ""
    words = f"{look}: columns share their noise{asked}, rows differ in the schedule alone"
    if any(row.metrics for row in one.rows.values()):
        words += f"; lower figures are better, each of {view.config.samples:,} samples from seeds that no search used"
    words += "."
    if not compared.has_reference(view.solver):
        words += f" {find(view.solver).title} adds noise at every step: there is no one picture to differ from."
    if view.at_hand and not view.shipped and one.gram is view.at_hand.gram:
        words += (
            " These schedules and their prices are those without guidance, tried with it: no figures ship of that; "
            "**Optimize live** finds its own."
        )
    return f"{words} Trained on {one.model.credit}" if one.model.credit else words


def _curves(view: ImagesView, one: Shown) -> list[Curve]:
    """Quality over the number of steps: what ships with the model, and all that this session has measured."""
    config, rows = view.config, list[Measured]()
    if ours := view.shipped:
        rows += [row for steps in ours.steps for row in ours.at(view.solver, steps).values()]
    for (which, folder, solver, _, seed), kept in memories().items():
        if (which, folder, solver, seed) == (config.which, config.folder, config.solver, config.seed):
            rows += [row for name, row in kept.rows.items() if name not in PASSING]
    found: dict[str, dict[int, Estimate]] = {}
    for row in (*rows, *one.rows.values()):
        if view.figure in row.metrics:
            found.setdefault(row.schedule.name, {})[row.schedule.steps] = row.metrics[view.figure]
    order = [name for name in compared.ORDER if name in found]
    titles = {name: one.rows[name].title if name in one.rows else STYLES[name].title for name in order}
    return [Curve(name, titles[name], found[name]) for name in order]


def in_numbers(view: ImagesView, one: Shown) -> Iterator[str]:
    """The figures of quality and of KLUB in numbers, a line for each schedule; and the noise levels."""
    for curve in _curves(view, one):
        scores = ", ".join(f"{curve.values[steps]} in {steps} steps" for steps in sorted(curve.values))
        yield f"**{curve.title}**, {FIGURES[view.figure].title}: {scores}."
    yield figures.rail_words([row for row in one.rows.values() if row.klub])


def table(view: ImagesView, one: Shown) -> None:
    """KLUB and all figures of every schedule."""
    rows = list(one.rows.values())
    measured = [row.metrics for row in rows if row.metrics]
    columns: dict[str, list[Any]] = {"KLUB": [row.klub for row in rows]}
    number = st.column_config.NumberColumn
    config = {"KLUB": number(width=104, help="Of Stochastic-DDIM, in nats; ± is one standard error.")}
    for name, figure in {**FIGURES, **REPORTED}.items():
        # One that only some of them have is shown where it is the chosen one.
        if measured and (any if name == view.figure else all)(name in metrics for metrics in measured):
            columns[figure.title] = [row.metrics.get(name, tables.UNKNOWN) for row in rows]
            config[figure.title] = number(_short(name).capitalize(), width=128, help=figure.about)
    columns[tables.LEVELS] = [tables.levels(row.schedule.sigmas) for row in rows]
    alt = "KLUB and quality of every schedule on images, with standard errors."
    shown = [row.schedule for row in rows]
    tables.show(shown, columns, config, "images table", alt, title="Table of schedules", placeholder="–")


def view_control(view: ImagesView) -> None:
    """Pictures, or how they differ from what many steps make of the same noise."""
    still = not compared.has_reference(view.solver)
    pick("Show", "pictures", VIEWS, st.segmented_control, required=True, disabled=still, label_visibility="collapsed")


def quality(view: ImagesView, one: Shown) -> None:
    """Quality over the number of steps, and KLUB of every schedule."""
    words = f"{FIGURES[view.figure].title} of every schedule over the number of steps, with error bars."
    title = FIGURES[view.figure].title
    drawn = figures.quality_over_steps(_curves(view, one), view.steps, title)
    gallery.figure(drawn, "quality", f"{title} over steps", words)
    terms.caption(
        f"**Look for** the lowest curve at few steps: {FIGURES[view.figure].title}, lower is better, with one "
        "standard error. The dotted line is the chosen number of steps."
    )
    bars = figures.klub_bars(list(one.rows.values()))
    gallery.figure(bars, "image klub", "KLUB", "KLUB of every schedule on a log scale.")
    terms.caption("**Look for** where KLUB and the figure above disagree: the bound is not the picture.")


def levels(one: Shown) -> None:
    """The rail over KLUB as area."""
    rows = [row for name, row in one.rows.items() if name in RAIL]
    rail = figures.rail_and_area(rows, one.gram)
    gallery.figure(rail, "image rail", "Noise levels and KLUB", figures.rail_words(rows))
    terms.caption(
        "**Look for** where steps lie close together. **Top:** each mark is a noise level of the schedule. **Below:** "
        "one patch per step, its area the nats that the step adds to KLUB."
    )
