"""The Optimize page's last question: where a schedule would begin and end, were both free to move."""

from functools import partial
from typing import Any

import streamlit as st

from ays_toy.metrics import METRICS
from ays_toy.runs import free_ends
from ays_toy.runs.free_ends import Free, Reached
from ays_toy.ui import background, tables, terms
from ays_toy.ui.background import Watch
from ays_toy.ui.running import active, buttons, follow, reached, stage, status, take_up
from ays_toy.ui.view import SearchView
from ays_toy.ui.whole import whole
from ays_toy.words import amid_sentence

SLOT, KEY = "ends", "free ends"
METRIC = "energy"  # by which the ends are found


def section(view: SearchView) -> None:
    """Every schedule over ends of its own, once a person asks for them: a table that has no other rows."""
    key = _key(view)
    take_up(SLOT, key)
    known = background.current(SLOT)
    watch = known if known and known.job.key == key else None
    seen = stage(SLOT)
    st.markdown("#### Where to begin and end, were both ends free")
    if view.steps < free_ends.LEAST_CALLS:
        st.caption(f"Ends are looked for from {free_ends.LEAST_CALLS} steps on: choose more.")
        return
    terms.caption(
        "Everywhere else all schedules share one range of noise levels. Here each has its own, baselines too: the best "
        f"of up to {free_ends.BUDGET} by {amid_sentence(METRICS[METRIC].title)} of {free_ends.SAMPLES:,} samples. All "
        "end in a jump to zero noise, so no row belongs beside another table.",
        "Automatic choice",
        METRICS[METRIC].title,
    )
    follow(partial(_run, view, watch), partial(stage, SLOT), seen, active(watch))
    now: Reached | None = reached(watch)
    if now and now.found:
        _table(now.found)


def _key(view: SearchView) -> tuple[Any, ...]:
    return SLOT, view.chosen_model, view.solver, view.steps, view.power, view.seed


def _run(view: SearchView, watch: Watch | None) -> None:
    """The button, how far it is, and what has been found so far."""
    row = st.container(horizontal=True, vertical_alignment="center")
    begin = {
        "label": "Find the ends",
        "icon": ":material/expand:",
        "key": "find ends",
        "on_click": _begin,
        "args": (view,),
    }
    buttons(row, SLOT, watch, begin)
    if watch:
        now = reached(watch)
        status(row, watch, f"Trying ranges: {now.now}" if now else "Trying ranges", "Found in")


@whole
def _begin(view: SearchView) -> None:
    model, solver, steps, power, seed = view.chosen_model, view.solver, view.steps, view.power, view.seed
    work = partial(free_ends.compare, model, solver, steps, power, seed, free_ends.SHOWN)
    background.start(SLOT, _key(view), work, aside=True)


def _table(found: tuple[Free, ...]) -> None:
    columns: dict[str, list[Any]] = {
        "Highest σ": [float(one.sigmas[0]) for one in found],
        "Lowest σ": [float(one.sigmas[-1]) for one in found],
        f"{METRICS[METRIC].title}, own ends": [one.metrics[METRIC] for one in found],
        f"{METRICS[METRIC].title}, ends as given": [one.over_model[METRIC] for one in found],
        "NLL, own ends": [one.metrics["nll"] for one in found],
    }
    number = st.column_config.NumberColumn(format="%.3g")
    config = dict.fromkeys(("Highest σ", "Lowest σ"), number)
    alt = "The ends that suit each schedule best, and its samples' quality there and over the range as given."
    tables.show(found, columns, config, KEY, alt, title="Table of schedules over ends of their own")
    best = min(found, key=lambda one: one.metrics[METRIC].value)
    terms.caption(
        f"**Look for** what freedom gains, from right to left: most for baselines, and at few steps. The lowest here: "
        f"**{best.title}** with {best.metrics[METRIC]}, from σ = {best.sigmas[0]:.3g} to {best.sigmas[-1]:.3g}. "
        "Measured on noise that no search has seen; ± is one standard error.",
    )
