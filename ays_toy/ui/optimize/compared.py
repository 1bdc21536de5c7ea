"""What came of the search on the Optimize page: all that is compared, its pictures and its table."""

from collections.abc import Mapping
from concurrent.futures import Future

import streamlit as st

from ays_toy import names
from ays_toy.estimates import Measured
from ays_toy.figures import Panel
from ays_toy.lessons.facts import Facts
from ays_toy.runs import finding, shipped_searches
from ays_toy.runs.finding import Chosen
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import coming, compute, findings, gallery, running, tables
from ays_toy.ui.lessons import course
from ays_toy.ui.optimize import choosing, watching
from ays_toy.ui.running import active
from ays_toy.ui.view import SearchView

FAULT = (
    f" By how much {names.title('ays-at-rest')} has more KLUB than the {names.title('klub-optimum')} is the "
    f"**search's** fault; by how much the optimum's samples are worse than those of {names.title('ays')}, the "
    "**objective's**."
)


def stage(view: SearchView, choice: "Future[Chosen] | None") -> tuple[object, ...]:
    """What pictures and table depend on."""
    state = watching.state_of(view)
    return (
        *running.stage(watching.SLOT),
        state.stop,
        state.rested,
        choosing.choosing(choice),
        st.session_state.get("sweep"),
    )


def found(view: SearchView, choice: "Future[Chosen] | None") -> dict[str, Schedule]:
    """All schedules that the page compares, by the order of the table."""
    state, config, model = watching.state_of(view), view.search, view.chosen_model
    all_found = {"start": findings.family(view, view.steps)}
    if ays := finding.stopped(config, state):
        all_found["ays"] = ays
    sweep = st.session_state.get("sweep")
    if sweep is not None and sweep < len(state.sweeps):
        all_found["hand"] = finding.searched(config, state, sweep)
    if state.rested:
        all_found["rest"] = finding.searched(config, state, len(state.sweeps) - 1)
    all_found["klub"] = findings.optimum(model, view.steps)
    all_found["p-optimum"] = findings.p_optimum(view, view.steps)
    made = choice.result() if choice and choice.done() and not choice.exception() else choosing.ready(view)
    if made:
        all_found["choice"] = made
    return all_found


def pictured(shown: Mapping[str, Schedule]) -> tuple[str, ...]:
    """What has a picture, where it is found."""
    return "start", "ays", "hand" if "hand" in shown else "rest", "p-optimum"


def missing(shown: Mapping[str, Schedule], outcomes: compute.Outcomes) -> list["Future[compute.Outcome]"]:
    """What pictures still wait for after a moment; a lesson, which asks about all, waits for the table too."""
    wanted = outcomes if course.at_step() else [name for name in pictured(shown) if name in shown]
    return coming.after_a_moment(outcomes[name] for name in wanted)


def samples(view: SearchView, shown: Mapping[str, Schedule], outcomes: compute.Outcomes) -> list[Panel]:
    """What the pictures show: the start, the stop, where over-optimizing or the hand has led, and the dials."""
    figures = gallery.metrics(view.metric)
    known, pictures = watching.watch(view), []
    unfound = "not run yet" if known is None else "searching …" if active(known) else "not reached"
    for name, style in zip(pictured(shown), (view.start, "ays", "ays-at-rest", "p-optimum"), strict=True):
        one = shown.get(name) or Schedule(style, names.title(style))
        pictures.append(gallery.panel(view.chosen_model, one, outcomes.get(name), unfound, figures))
    return pictures


def meta(view: SearchView, shown: Mapping[str, Schedule]) -> list[int | None]:
    """What the figure says that it shows: the sweep whose samples are there, if any."""
    last = len(watching.state_of(view).sweeps) - 1 if "rest" in shown else None
    return [st.session_state["sweep"] if "hand" in shown else last]


def table(view: SearchView, rows: Mapping[str, Measured]) -> None:
    """KLUB, metrics and the cost of finding each schedule."""
    alt = "KLUB, sample quality and cost of every schedule, with standard errors."
    tables.measured({row.title: row for row in rows.values()}.values(), "findings", alt, view.columns, costs=True)


def facts(view: SearchView, rows: Mapping[str, Measured]) -> Facts:
    """What a lesson may ask about."""
    model, search = view.chosen_model, watching.state_of(view)
    found = {name: row for name, row in rows.items() if name != "data"}
    searched = search if search.sweeps else None
    return Facts(view, found, rows["data"].metrics, model, compute.gram(model), searched, view.metric)


def table_caption(view: SearchView, shown: Mapping[str, Schedule]) -> str:
    """What the columns of cost mean, and what one pass saves against the search; by time where both ran here."""
    words = (
        "Measured on noise that no search has seen; ± is one standard error. **Calls** and **seconds** are what "
        "finding the schedule took, for AYS with the sweeps that showed where to stop."
    )
    if "ays" not in shown:
        return words
    ays, best = shown["ays"], shown["klub"]
    if watching.watch(view):
        saved = f" and {ays.seconds / best.seconds:,.0f}× less time"
    else:
        saved, words = "", f"{words} The search ships: its seconds are those of {shipped_searches.made_on()}."
    words += (
        f" One pass prices every schedule of every length: **{ays.calls / best.calls:,.0f}× fewer denoiser calls**"
        f"{saved} than the search until its stop."
    )
    return words + FAULT if "rest" in shown else words
