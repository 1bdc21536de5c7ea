"""What the Images page says of its figures: who wins, what is not measured yet, what a lesson may ask."""

from collections.abc import Mapping

import streamlit as st

from ays_toy import bundled, names
from ays_toy.estimates import Estimate
from ays_toy.images import results
from ays_toy.images.scores import FIGURES
from ays_toy.lessons.facts import Facts
from ays_toy.runs import verdicts
from ays_toy.sampling.solvers import find
from ays_toy.ui import terms
from ays_toy.ui.controls import visible
from ays_toy.ui.images.image_state import Shown
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.whole import whole
from ays_toy.words import listed


def words(view: ImagesView, one: Shown) -> str:
    """What the figures say: ours against the best baseline, and the KLUB optimum against time-uniform."""
    known = {name: row.metrics[view.figure] for name, row in one.rows.items() if view.figure in row.metrics}
    best = verdicts.best_baseline(FIGURES[view.figure], known)
    ours = [name for name in (view.method, "choice", "ays") if name in known]
    if not ours or best is None:
        return ""
    said = f"**{_against(one, known, ours[0], best)}.**"
    if "klub-optimum" in known and "time-uniform" in known:
        klub = _against(one, known, "klub-optimum", "time-uniform")
        worse = " loses to " in klub
        said += f" {klub}{': on real models least KLUB alone is not the best picture' if worse else ''}."
    return said + _read(one, ours[0], best)


def not_measured(view: ImagesView, one: Shown) -> None:
    """Say where nothing is searched or measured, and what is: at other numbers of steps, or of other solvers."""
    ours, title = view.shipped, find(view.solver).title
    if ours is None or any(row.metrics for row in one.rows.values()):
        return
    there = [steps for steps in ours.steps if ours.at(view.solver, steps)]
    row = st.container(horizontal=True, vertical_alignment="center", key="not_measured")
    if not there:
        terms.caption(f"**Nothing is searched or measured with {title} yet.** It is with {_solvers(ours)}.", place=row)
        return
    said = f"**Nothing is searched or measured in {view.steps} steps yet.** With {title} it is in"
    if not visible("steps"):
        terms.caption(f"{said} {listed([str(steps) for steps in there])}.", place=row)
        return
    terms.caption(said, place=row, width="content")
    for steps in there:
        row.button(f"{steps} steps", key=f"in {steps} steps", on_click=_take_steps, args=(steps,))


def _solvers(ours: results.Results, last: str = "and") -> str:
    return listed(list(dict.fromkeys(find(solver).title for solver, _ in ours.cells)), last)


@whole
def _take_steps(steps: int) -> None:
    st.session_state["steps"] = steps


def _read(one: Shown, name: str, best: str) -> str:
    """Of how many samples the classifier reads the digit that was asked for, where that is known."""
    read = {title: one.rows[title].metrics.get("as-told") for title in (name, best)}
    parts = [f"{share.value:.1%} of the samples of {one.rows[title].title}" for title, share in read.items() if share]
    return f" A classifier reads {listed(parts)} as told." if parts else ""


def _against(one: Shown, known: Mapping[str, Estimate], name: str, other: str) -> str:
    return verdicts.against(one.rows[name].title, known[name], one.rows[other].title, known[other])


def facts(view: ImagesView, one: Shown) -> Facts:
    """What a lesson may ask about: the schedules whose pictures are measured."""
    rows = {name: row for name, row in one.rows.items() if view.figure in row.metrics}
    return Facts(view, rows, gram=one.gram, figure=view.figure)


def missing(facts: Facts) -> str:
    """What to choose instead where too little is measured for a lesson to ask about; nothing where it is enough."""
    if {"choice", "klub-optimum", *names.BASELINES} <= facts.rows.keys():
        return ""
    ours = facts.state.at_hand or results.of(bundled.SMALLEST)
    steps = listed([str(steps) for steps in ours.steps], "or")
    return f"Not measured with these settings. Take {steps} steps, and {_solvers(ours, 'or')}."
