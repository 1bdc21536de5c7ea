"""The search of the Optimize page as it goes: begun, stopped and gone on with, what happens in words, its player."""

from collections.abc import Iterator
from functools import partial

import streamlit as st

from ays_toy import names
from ays_toy.metrics import METRICS
from ays_toy.optimize.search import CANDIDATES
from ays_toy.palette import STYLES
from ays_toy.runs import live_search, shipped_searches
from ays_toy.runs.live_search import SearchConfig, SearchState
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import background, compute, films, findings, gallery, record, running, terms
from ays_toy.ui.background import Watch
from ays_toy.ui.components import SearchData, last_sweep, search_player
from ays_toy.ui.components.sampling import Live
from ays_toy.ui.jobs import State
from ays_toy.ui.running import active, buttons, reached
from ays_toy.ui.view import SearchView
from ays_toy.ui.whole import whole
from ays_toy.words import amid_sentence, numbers

SLOT, PLAYER, PICTURES = "search", "player", "panels_box5"
SEEN = "search seen"  # under which a session keeps the settings that its page last showed
LOOK = "**Look for** what the search gains until it is stopped, and loses after: the same noise in every picture."
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
    background.start(SLOT, view.search, partial(live_search.search, view.search), aside=True)


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
