"""The pieces of the Optimize page: the search as it goes, what is happening in words, what came of it."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import partial

import pandas as pd
import streamlit as st

from ays_toy import names
from ays_toy.figures import Panel
from ays_toy.lessons.facts import Facts
from ays_toy.metrics import METRICS
from ays_toy.optimize.search import CANDIDATES
from ays_toy.palette import STYLES
from ays_toy.runs import finding, live_search, shipped, shipped_searches
from ays_toy.runs.comparison import Model
from ays_toy.runs.finding import Chosen
from ays_toy.runs.live_search import SearchConfig, SearchState
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import (
    background,
    compute,
    controls,
    downloads,
    films,
    findings,
    frame,
    gallery,
    record,
    running,
    tables,
    terms,
)
from ays_toy.ui.background import Watch
from ays_toy.ui.components import SearchData, last_sweep, search_player
from ays_toy.ui.components.sampling import Live
from ays_toy.ui.jobs import State
from ays_toy.ui.running import active, buttons, reached
from ays_toy.ui.view import SearchView
from ays_toy.ui.whole import whole
from ays_toy.words import amid_sentence, numbers

SLOT, PLAYER, PICTURES = "search", "player", "panels_box5"
CHOICES = "choices asked for"  # under which a session keeps for which settings it has
SEEN = "search seen"  # under which a session keeps the settings that its page last showed
LOOK = "**Look for** what the search gains until it is stopped, and loses after: the same noise in every picture."
FAULT = (
    f" By how much {names.title('ays-at-rest')} has more KLUB than the {names.title('klub-optimum')} is the "
    f"**search's** fault; by how much the optimum's samples are worse than those of {names.title('ays')}, the "
    "**objective's**."
)
BY_HAND = (
    " Drag the bar, or click into a figure, to stop by hand at another sweep: its samples take the place of those at "
    "rest."
)


def settle(state: SearchView) -> None:
    """A sweep stopped at by hand belongs to its search, and is let go with it; one of other settings is paused.

    A search that was left with these settings, as by a reload, is found again.
    """
    running.take_up(SLOT, state.search)
    before, known = st.session_state.get(SEEN), background.current(SLOT)
    if before not in (None, state.search) and "sweep" not in record.this_session().linked:
        st.session_state["sweep"] = None
    st.session_state[SEEN] = state.search
    if active(known) and known and known.job.key != state.search:
        background.pause(SLOT)


def look_for() -> str:
    """What to look for in the pictures, and how to stop elsewhere."""
    return LOOK + BY_HAND * record.movable("sweep")


def watch(view: SearchView) -> Watch | None:
    """The search that the page's controls describe, where a person has begun it; none begins by itself."""
    known = background.current(SLOT)
    return known if known and known.job.key == view.search else None


def state_of(view: SearchView) -> SearchState:
    """What the search has reached: the one that was begun here, or else the one that ships."""
    known = watch(view)
    found = reached(known) if known else shipped_searches.find(view.search)
    return found or SearchState()


def status(view: SearchView) -> None:
    """What the search is doing and how long it has been at it, with a button that begins, stops or goes on."""
    known, state = watch(view), state_of(view)
    cost = ", ".join(_cost(known, state))
    words = story(view) + (f" :small[:gray[({cost})]]" if cost else "")
    if known and known.progress.state is State.DONE:
        st.markdown(f":gray-badge[:material/check: at rest] {words}", help=terms.about(words))
        return
    button, text = st.columns([0.16, 0.84], vertical_alignment="center")
    begin = {
        "label": "Run the search" if known is None else "Try again",
        "icon": ":material/play_arrow:" if known is None else ":material/replay:",
        "key": "run search",
        "width": "stretch",
        "on_click": _begin,
        "args": (view,),
    }
    if known is None and state.sweeps:
        begin |= {"label": "Run it yourself", "type": "secondary"}
        words = f":gray-badge[:material/inventory_2: ships with the project] {words}"
    buttons(button, SLOT, known, begin)
    if known and not active(known) and shipped_searches.find(view.search):
        button.button("Show what ships", key="shipped", width="stretch", on_click=_back_to_what_ships)
    text.markdown(words, help=terms.about(words))


def _cost(known: Watch | None, state: SearchState) -> Iterator[str]:
    if known:
        yield f"{background.duration(known.progress.seconds)} on {background.device_name()}"
    elif state.sweeps:
        yield f"{background.duration(state.seconds[-1])} where it was made"  # which the table's caption names
    if state.sweeps:
        yield f"{state.sweeps[-1].calls / 1e6:,.1f} M denoiser calls"


@whole
def _begin(view: SearchView) -> None:
    """Run the search live; a sweep picked of the one that ships is let go with it."""
    if state_of(view).sweeps:
        st.session_state["sweep"] = None
    background.start(SLOT, view.search, partial(live_search.search, view.search))


@whole
def _back_to_what_ships() -> None:
    st.session_state["sweep"] = None
    background.clear(SLOT)


def story(view: SearchView) -> str:
    """What is happening, in plain words that follow the algorithm."""
    known, config, state = watch(view), view.search, state_of(view)
    metric = METRICS[config.metric].title
    if known and (words := background.waiting(known)):
        return words
    if state.rested:
        return _verdict(config, state, metric)
    if known is None:
        return (
            f"No search of these settings ships. From {STYLES[config.start].title} with {config.steps} steps it takes "
            "seconds to minutes, and can be watched, stopped and gone on with. The optima are here already."
        )
    if known.progress.state is State.STOPPED:
        return f"Stopped after sweep {max(0, len(state.sweeps) - 1)}. **Go on** takes it up where it was."
    if not state.sweeps:
        return f"Pricing and scoring the start: {STYLES[config.start].title} with {config.steps} steps."
    if state.stop is not None:
        return (
            f"{metric} was best after **sweep {state.stop}**; {config.patience} sweeps in a row were not: "
            "the rule **stops** there. The search goes on only to show what more optimizing does."
        )
    place = state.place.now
    if place is None:
        return (
            f"Sweep {len(state.sweeps) - 1} is done: {config.held_out:,} samples are drawn to measure its "
            f"{amid_sentence(metric)}."
        )
    return (
        f"**Sweep {len(state.sweeps)}**: level {place[0]} of {config.steps} tried {CANDIDATES} places between its "
        f"neighbors, all on the same {config.samples:,} noisy points, and went where its two steps cost least."
    )


def _verdict(config: SearchConfig, state: SearchState, metric: str) -> str:
    stop, last = state.sweeps[state.stop or 0], state.sweeps[-1]
    assert stop.score is not None
    assert last.score is not None
    turned = METRICS[config.metric].turned
    first = state.sweeps[0].klub.value
    words = f"Nothing moves after sweep {last.index}: KLUB fell from {first:.3g} to {last.klub.value:.3g}. "
    if last.score.exceeds(stop.score):
        return words + (
            f"But {metric} was best at **sweep {stop.index}**, where the rule stopped: {turned(stop.score)} "
            f"there, {turned(last.score)} at the end. **Less KLUB is not always a better picture.**"
        )
    return words + f"{metric} at the stop (sweep {stop.index}) and at the end agree within their error bars."


@whole
def _rested() -> None:
    """Take over the sweep that the user came to rest at."""
    if record.movable("sweep"):
        st.session_state["sweep"] = last_sweep(PLAYER)


def player(view: SearchView, weighed: Schedule) -> None:
    """The search, drawn."""
    data = _drawn(view, weighed)
    search_player(data, PLAYER, on_sweep=_rested)
    films.search(view, data)


def _drawn(view: SearchView, weighed: Schedule) -> SearchData:
    known, state, best = watch(view), state_of(view), findings.optimum(view.chosen_model, view.steps)
    return SearchData(
        findings.family(view, view.steps),
        METRICS[view.metric],
        state.sweeps,
        best,
        (weighed,),
        compute.gram(view.chosen_model).klub(best.sigmas),
        state.stop,
        st.session_state.get("sweep"),
        active(known),
        state.place.now if active(known) else None,
        live=_live(view, active(known)),
        rested=state.rested,
        fixed=not record.movable("sweep"),
    )


def in_numbers(view: SearchView, weighed: Schedule) -> Iterator[str]:
    """The player in numbers: every sweep, and the schedules under them."""
    drawn = _drawn(view, weighed)
    for sweep in drawn.sweeps:
        yield f"{drawn.label(sweep)}; σ = {numbers(sweep.sigmas)}"
    for one in (drawn.start, drawn.optimum, *drawn.others):
        if one:
            yield f"{one.title}: σ = {numbers(one.sigmas)}"


def _live(view: SearchView, running: bool) -> Live | None:
    """The samples of the sweep that is looked at; a network, sent anew while a search runs, waits for its end."""
    return None if running and view.model != "exact" else gallery.live(view, PICTURES, names.title("ays"), 4)


def meta(view: SearchView, shown: Mapping[str, Schedule]) -> list[int | None]:
    """What the figure says that it shows: the sweep whose samples are there, if any."""
    last = len(state_of(view).sweeps) - 1 if "rest" in shown else None
    return [st.session_state["sweep"] if "hand" in shown else last]


def found(view: SearchView, choice: "Future[Chosen] | None") -> dict[str, Schedule]:
    """All schedules that the page compares, by the order of the table."""
    state, config, model = state_of(view), view.search, view.chosen_model
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
    made = choice.result() if choice and choice.done() and not choice.exception() else _ready(view)
    if made:
        all_found["choice"] = made
    return all_found


def pictured(shown: Mapping[str, Schedule]) -> tuple[str, ...]:
    """What has a picture, where it is found."""
    return "start", "ays", "hand" if "hand" in shown else "rest", "p-optimum"


def samples(view: SearchView, shown: Mapping[str, Schedule], outcomes: compute.Outcomes) -> list[Panel]:
    """What the pictures show: the start, the stop, where over-optimizing or the hand has led, and the dials."""
    figures = gallery.metrics(view.metric)
    known, pictures = watch(view), []
    waits = "not run yet" if known is None else "searching …" if active(known) else "not reached"
    for name, style in zip(pictured(shown), (view.start, "ays", "ays-at-rest", "p-optimum"), strict=True):
        one = shown.get(name) or Schedule(style, names.title(style))
        pictures.append(gallery.panel(view.chosen_model, one, outcomes.get(name), waits, figures))
    return pictures


def table(view: SearchView, shown: Mapping[str, Schedule], outcomes: compute.Outcomes) -> None:
    """KLUB, metrics and the cost of finding each schedule."""
    rows = compute.measured(view.chosen_model, shown, outcomes)
    alt = "KLUB, sample quality and cost of every schedule, with standard errors."
    tables.measured({row.title: row for row in rows.values()}.values(), "findings", alt, view.columns, costs=True)


def facts(view: SearchView, shown: Mapping[str, Schedule], outcomes: compute.Outcomes) -> Facts:
    """What a lesson may ask about."""
    model, search = view.chosen_model, state_of(view)
    rows = compute.measured(model, shown, outcomes)
    fresh = rows.pop("data").metrics
    return Facts(view, rows, fresh, model, compute.gram(model), search if search.sweeps else None, view.metric)


def table_caption(view: SearchView, shown: Mapping[str, Schedule]) -> str:
    """What the columns of cost mean, and what one pass saves against the search; by time where both ran here."""
    words = (
        "Measured on noise that no search has seen; ± is one standard error. **Calls** and **seconds** are what "
        "finding the schedule took, for AYS with the sweeps that showed where to stop."
    )
    if "ays" not in shown:
        return words
    ays, best = shown["ays"], shown["klub"]
    if watch(view):
        saved = f" and {ays.seconds / best.seconds:,.0f}× less time"
    else:
        saved, words = "", f"{words} The search ships: its seconds are those of {shipped_searches.made_on()}."
    words += (
        f" One pass prices every schedule of every length: **{ays.calls / best.calls:,.0f}× fewer denoiser calls**"
        f"{saved} than the search until its stop."
    )
    return words + FAULT if "rest" in shown else words


def _asked(view: SearchView) -> tuple[Model, str, int, str, int]:
    return view.chosen_model, view.solver, view.steps, view.metric, view.iterations


@whole
def _choose(view: SearchView) -> None:
    st.session_state.setdefault(CHOICES, set()).add(_asked(view))


def chosen(view: SearchView) -> "Future[Chosen] | None":
    """The automatic choice for the page's model, solver, steps and metric, under way or done; None unless asked for.

    What another session has asked for is everybody's.
    """
    asked = _asked(view)
    wanted = asked in st.session_state.get(CHOICES, ()) or findings.is_chosen(*asked)
    return findings.choice(*asked) if wanted else None


def _ready(view: SearchView) -> Schedule | None:
    """The automatic choice as it ships."""
    if view.metric != shipped.METRIC or view.iterations != finding.REFINEMENT:
        return None
    return shipped.find(view.chosen_model, view.solver, view.steps, "choice")


def evidence(view: SearchView, choice: "Future[Chosen] | None") -> None:
    """What the automatic choice found, and how the best of what it tried did in its last round, or how to find it."""
    words = "**Automatic choice** by the metric that stops the search, on seeds held out for it"
    st.markdown(words, help=terms.about(words))
    if choice is None:
        there = "One comes with the project, and is in the table. " if _ready(view) else ""
        label = "Choose again, and see what was tried" if there else "Choose"
        st.caption(f"{there}It tries optima of many weights, blends and all baselines, and refines what did best.")
        controls.refinement()
        st.button(label, icon=":material/checklist:", key="run choice", on_click=_choose, args=(view,))
        return
    if not choice.done():
        st.caption("Trying optima of many weights, blends and all baselines, and refining what did best …")
        return
    if error := choice.exception():
        frame.refuse(error)
        findings.forget_failed()  # and the button is there again
        st.session_state.get(CHOICES, set()).discard(_asked(view))
        return
    made = choice.result().choice
    st.markdown(made.reason)
    controls.refinement()
    metric = METRICS[view.metric]
    last = [(tried, tried.score) for tried in made.rounds[-1] if tried.score]
    scores = [metric.turned(score) for _, score in last]
    columns = {metric.title: scores}
    if made.second and all(tried.beside for tried, _ in last):
        columns[made.second.title] = [made.second.turned(tried.beside) for tried, _ in last if tried.beside]
    said = [f"{tried.title} (refused)" if tried.refused else tried.title for tried, _ in last]
    shown = {title: list(map(str, column)) for title, column in columns.items()}
    rows = pd.DataFrame({"Tried in the last round": said, **shown})
    make = partial(tables.as_csv, [tried for tried, _ in last], columns)
    downloads.table("Table of what the automatic choice tried", make)
    # A plain table, whose cells take as many lines as a name needs.
    st.table(rows, hide_index=True, alt="Candidates of the automatic choice's last round with their scores.")
    if made.second and any(tried.refused for tried, _ in last):
        words = f"**Refused:** what loses more {made.second.title} than it gains in {metric.title}."
        terms.caption(words, made.second.title)


def choosing(choice: "Future[Chosen] | None") -> bool:
    """Whether the automatic choice is under way."""
    return choice is not None and not choice.done()


def stage(view: SearchView, choice: "Future[Chosen] | None") -> tuple[object, ...]:
    """What pictures and table depend on."""
    state = state_of(view)
    return *running.stage(SLOT), state.stop, state.rested, choosing(choice), st.session_state.get("sweep")
