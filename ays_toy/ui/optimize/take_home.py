"""The last section of the Optimize page: the schedules at any number of steps, and as files."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ays_toy.estimates import Measured
from ays_toy.exchange.formats import Taken
from ays_toy.optimize import Sweep
from ays_toy.runs import live_search
from ays_toy.runs.live_search import SearchState
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import MIN_STEPS, Schedule
from ays_toy.ui import background, coming, compute, downloads, findings, record, tables, terms
from ays_toy.ui.background import Watch
from ays_toy.ui.controls import pick, visible
from ays_toy.ui.jobs import State
from ays_toy.ui.running import active, buttons, follow, reached, stage, status, take_up
from ays_toy.ui.view import MAX_MORE, SearchView
from ays_toy.ui.whole import whole
from ays_toy.words import file_name

SLOT = "refinement"
MOST = 15  # steps that a search may have to be refined twice: the paper goes from 10 to 40


def section(
    view: SearchView, shown: Mapping[str, Schedule], left: DeltaGenerator, right: DeltaGenerator
) -> list["Future[compute.Outcome]"]:
    """Any number of steps from what was found, what that is worth, and every schedule as a file.

    It gives what is still to come of that.
    """
    with right:
        st.markdown("#### Any number of steps, and as a file")
        if visible("more"):
            st.slider("Number of steps", MIN_STEPS, MAX_MORE, key="more", persist_state="session")
        watch = _watch(view, shown)
        _refinement(view, shown, watch)
    longer = resampled(view, shown, watch)
    with left:
        st.markdown(f"#### The same at {view.more} steps")
        to_come = _table(view, longer)
        terms.caption(
            "**Resampled:** the stopped schedule, interpolated in log σ. **Refined:** the paper's way, twice as many "
            "steps by a search that moves only the new levels, and once more. Optima are found anew."
        )
    with right:
        named = {name: replace(one, title=f"{one.title}, {view.more} steps") for name, one in longer.items()}
        _downloads(view, {**shown, **{f"longer {name}": one for name, one in named.items()}})
    return to_come


def resampled(view: SearchView, shown: Mapping[str, Schedule], watch: Watch | None) -> dict[str, Schedule]:
    """What was found, at the number of steps that is asked for."""
    steps, longer = view.more, {}
    if ays := shown.get("ays"):
        sigmas = schedules.interpolate(ays.sigmas, steps)
        longer["ays"] = Schedule("ays", "AYS, resampled", sigmas, ays.calls, ays.seconds)
    if ays and watch and watch.progress.state is State.DONE:
        last: Sweep = reached(watch).sweeps[-1]
        sigmas = schedules.interpolate(last.sigmas, steps)
        seconds = ays.seconds + watch.progress.seconds
        longer["refined"] = Schedule("ays", "AYS, refined", sigmas, ays.calls + last.calls, seconds)
    longer["p-optimum"] = findings.p_optimum(view, steps)
    longer["klub"] = findings.optimum(view.chosen_model, steps)
    longer["start"] = findings.family(view, steps)
    return longer


def _table(view: SearchView, longer: Mapping[str, Schedule]) -> list["Future[compute.Outcome]"]:
    wanted = compute.samplings(view.chosen_model, view.solver, view.seed, longer)
    outcomes = findings.begin_more(wanted, pictured=())
    rows = compute.measured(view.chosen_model, longer, outcomes)
    alt = f"The schedules at {view.more} steps: KLUB, sample quality, cost."
    title = f"Table of schedules at {view.more} steps"
    tables.measured(rows.values(), "longer", alt, view.columns, costs=True, title=title)
    return coming.unmeasured(rows, outcomes)


def _key(view: SearchView, shown: Mapping[str, Schedule]) -> tuple[Any, ...]:
    return "refinement", view.search, shown["ays"].levels


def _watch(view: SearchView, shown: Mapping[str, Schedule]) -> Watch | None:
    """The refinement of the stopped schedule, where there is one that was started."""
    if "ays" in shown:
        take_up(SLOT, _key(view, shown))
    watch = background.current(SLOT)
    return watch if watch and "ays" in shown and watch.job.key == _key(view, shown) else None


def _refinement(view: SearchView, shown: Mapping[str, Schedule], watch: Watch | None) -> None:
    seen = stage(SLOT)
    begin = {
        "label": f"Refine AYS to {2 * view.steps} and {4 * view.steps} steps",
        "icon": ":material/density_medium:",
        "key": "refine",
        "type": "secondary",
        "disabled": "ays" not in shown or view.steps > MOST,
        "on_click": _start,
        "args": (view, shown),
    }

    def draw() -> None:
        row = st.container(horizontal=True, vertical_alignment="center")
        buttons(row, SLOT, watch, begin)
        if view.steps > MOST:
            row.caption(f"Searches of at most {MOST} steps can be refined.")
        elif watch:
            status(row, watch, _at(reached(watch)), "Refined in")

    follow(draw, partial(stage, SLOT), seen, active(watch))


def _at(state: SearchState | None) -> str:
    if state is None:
        return "Refining"
    sweep = state.sweeps[-1]
    return f"Refining: sweep {sweep.index} of {len(sweep.sigmas) - 1} steps"


@whole
def _start(view: SearchView, shown: Mapping[str, Schedule]) -> None:
    work = partial(live_search.refinement, view.search, shown["ays"].sigmas)
    background.start(SLOT, _key(view, shown), work, aside=True)


def _told_apart(found: Mapping[str, Schedule], chosen: str) -> dict[str, Schedule]:
    """Those of different titles, which are all that the browser tells: of twins the one chosen, or else the first.

    A sweep stopped at by hand is AYS itself where the rule stopped too.
    """
    names = {one.title: name for name, one in reversed(list(found.items()))}
    if chosen in found:
        names[found[chosen].title] = chosen
    return {name: one for name, one in found.items() if names[one.title] == name}


def _downloads(view: SearchView, found: Mapping[str, Schedule]) -> None:
    found = _told_apart(found, record.this_session().values["take"])
    titles = {name: one.title for name, one in found.items()}
    one = found[pick("Take home", titles=titles, **record.among_those_to_come("take", found))]
    about = {"data": view.data, "model": view.model, "start": view.start, "metric": view.metric}
    price = compute.price(view.chosen_model, one.levels)
    taken = Taken(Measured(one, price), view.solver, about=about | {"calls": one.calls, "seconds": one.seconds})
    row = st.container(horizontal=True, vertical_alignment="center")
    downloads.take(taken, file_name(f"{downloads.data_name(view.data)} {one.title}"), row)
    st.code("  ".join(f"{sigma:.5g}" for sigma in one.sigmas), language=None, wrap_lines=True)
