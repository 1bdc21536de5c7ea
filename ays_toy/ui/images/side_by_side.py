"""What the Images page draws: pictures in rows, figures of quality, prices, and what they say in words."""

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from ays_toy import figures, names
from ays_toy.estimates import Estimate, Measured
from ays_toy.figures import Curve
from ays_toy.images import compared, results
from ays_toy.images.scores import FIGURES
from ays_toy.lessons.facts import Facts
from ays_toy.palette import STYLES
from ays_toy.runs import verdicts
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.schedules import Schedule
from ays_toy.sampling.solvers import find
from ays_toy.ui import gallery, tables, terms
from ays_toy.ui.controls import pick
from ays_toy.ui.images import strips
from ays_toy.ui.images.image_state import Shown, memories
from ays_toy.ui.images.image_view import VIEWS, ImagesView, ships
from ays_toy.words import listed

LARGE = 32  # pixels from which pictures get the whole width of the page
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
        steps = Schedule("reference", "100 steps")
        drawn.append(strips.Strip(steps, "the reference", reference, "Pictures by 100 steps"))
    for name, row in one.rows.items():
        if name not in one.pictures:
            continue
        pictures = one.pictures[name]
        if difference and reference is not None:
            pictures = compared.differences(pictures, reference)
        note = f"{_short(view.figure)} {row.metrics[view.figure]}" if view.figure in row.metrics else ""
        differ = ", their difference from 100 steps" if difference else ""
        alt = f"{row.title}: {len(pictures)} pictures{differ}. {note}"
        drawn.append(strips.Strip(row.schedule, note, pictures, alt))
    strips.show(drawn)


def _short(name: str) -> str:
    short = {"frechet": "Fréchet", "energy-features": "energy", "frechet-pixels": "Fréchet, pixels"}
    return short.get(name, name)


def rows_caption(view: ImagesView, one: Shown) -> str:
    """What to look for in the pictures."""
    strokes = ships(view.image_model)
    look = "**Look for** strokes that break, smear or fill in" if strokes else "**Look for** missing detail, blur"
    words = f"{look}: columns share their noise, rows differ in the schedule alone"
    if any(row.metrics for row in one.rows.values()):
        words += f"; lower figures are better, each of {view.config.samples:,} samples from seeds that no search used"
    words += "."
    if not compared.has_reference(view.solver):
        words += f" {find(view.solver).title} adds noise at every step: there is no one picture to differ from."
    return f"{words} Trained on {one.model.credit}" if one.model.credit else words


def _curves(view: ImagesView, one: Shown) -> list[Curve]:
    """Quality over the number of steps: what ships with the digits, and all that this session has measured."""
    config, ours, rows = view.config, results.digits(), list[Measured]()
    if view.bundled:
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


def verdict(view: ImagesView, one: Shown) -> str:
    """What the figures say: ours against the best baseline, and the KLUB optimum against time-uniform."""
    known = {name: row.metrics[view.figure] for name, row in one.rows.items() if view.figure in row.metrics}
    baselines = [name for name in known if name in names.BASELINES]
    ours = [name for name in (view.method, "choice", "ays") if name in known]
    if not ours or not baselines:
        return ""
    best = min(baselines, key=lambda name: known[name].value)
    words = f"**{_against(one, known, ours[0], best)}.**"
    if "klub-optimum" in known and "time-uniform" in known:
        klub = _against(one, known, "klub-optimum", "time-uniform")
        worse = " loses to " in klub
        words += f" {klub}{': on real models least KLUB alone is not the best picture' if worse else ''}."
    return words


def _against(one: Shown, known: Mapping[str, Estimate], name: str, other: str) -> str:
    return verdicts.against(one.rows[name].title, known[name], one.rows[other].title, known[other])


def facts(view: ImagesView, one: Shown) -> Facts:
    """What a lesson may ask about: the schedules whose pictures are measured."""
    rows = {name: row for name, row in one.rows.items() if view.figure in row.metrics}
    return Facts(view, rows, gram=one.gram, figure=view.figure)


def missing(told: Facts) -> str:
    """What to choose instead where too little is measured for a lesson to ask about; nothing where it is enough."""
    if {"choice", "klub-optimum", *names.BASELINES} <= told.rows.keys():
        return ""
    cells = results.digits().cells
    solvers = dict.fromkeys(find(solver).title for solver, _ in cells)
    steps = listed([str(steps) for steps in results.digits().steps], "or")
    return f"Not measured with these settings. Take {steps} steps, and {listed(list(solvers), 'or')}."


def table(view: ImagesView, one: Shown) -> None:
    """KLUB and all figures of every schedule."""
    rows = list(one.rows.values())
    measured = [row.metrics for row in rows if row.metrics]
    columns: dict[str, list[Any]] = {"KLUB": [row.klub for row in rows]}
    number = st.column_config.NumberColumn
    config = {"KLUB": number(width=104, help="Of Stochastic-DDIM, in nats; ± is one standard error.")}
    for name, figure in FIGURES.items():
        # One that only some of them have is shown where it is the chosen one.
        if measured and (any if name == view.figure else all)(name in metrics for metrics in measured):
            columns[figure.title] = [row.metrics.get(name, tables.UNKNOWN) for row in rows]
            config[figure.title] = number(_short(name).capitalize(), width=128, help=figure.about)
    columns[tables.LEVELS] = [tables.levels(row.schedule.sigmas) for row in rows]
    alt = "KLUB and quality of every schedule on images, with standard errors."
    shown = [row.schedule for row in rows]
    tables.show(shown, columns, config, "images table", alt, title="Table of schedules", placeholder="–")


def large(one: Shown) -> bool:
    """Whether the pictures need the page's whole width."""
    return any(pictures.shape[1] > LARGE for pictures in one.pictures.values())


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
