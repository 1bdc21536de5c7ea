"""The runs of the Images page: begun, stopped and taken up, with what they are at and how long the rest takes."""

from collections.abc import Iterator
from concurrent.futures import Future
from functools import lru_cache
from typing import Any

import streamlit as st

from ays_toy.images import live, results
from ays_toy.images.config import calls
from ays_toy.images.live import ImageState
from ays_toy.samplers import denoiser_calls
from ays_toy.ui import background, compute, controls, image_state
from ays_toy.ui.background import Watch
from ays_toy.ui.image_state import EXTRA, SLOT, Shown
from ays_toy.ui.image_view import ImagesView
from ays_toy.ui.jobs import State, Stop

EXTRAS = ("p-optimum", "yours")  # what is measured when somebody asks for it
UNHURRIED = 8  # looks at an idle page, after which the browser has drawn it and the network may be loaded


@lru_cache(maxsize=1)
def _network() -> "Future[float]":
    """Seconds that the digits' network takes for one image, once it is loaded."""
    return compute.submit(live.seconds_per_image, results.model())


def warm(view: ImagesView) -> None:
    """Load the digits' network in the background: the page is drawn without it, and faster so."""
    if view.bundled:
        _network()


def warming(view: ImagesView) -> bool:
    """Whether the page waits for the time that the network takes."""
    return view.bundled and not (_network.cache_info().currsize and _network().done())


def _about(view: ImagesView, count: float) -> str:
    if warming(view):
        return "how long that takes is being measured."
    return f"about {background.duration(count * _network().result())} on {background.device_name()}."


def running(known: Watch | None) -> bool:
    """Whether there is more to come by itself."""
    return known is not None and known.progress.state in (State.QUEUED, State.RUNNING)


def run_controls(view: ImagesView, known: Watch | None) -> None:
    """Start, stop and go on with the run, with what it is at and how long the rest takes."""
    box = st.container(horizontal=True, vertical_alignment="center")
    if not _stop_and_go_on(box, SLOT, known):
        label = "Optimize live" if view.bundled else "Load, optimize and compare"
        box.button(label, icon=":material/tune:", key="run images", type="primary", on_click=_start, args=(view,))
    if known is None:
        box.caption(_estimate(view))
    else:
        _words(box, known, "Optimized and measured in")


def _stop_and_go_on(box: Any, slot: str, known: Watch | None) -> bool:
    """Draw the button that fits a run under way or stopped -> whether none has to be started."""
    progress = known.progress if known else None
    if running(known):
        box.button("Stop", icon=":material/stop:", key=f"stop {slot}", on_click=background.pause, args=(slot,))
    elif progress and progress.state is State.STOPPED:
        box.button(
            "Go on",
            icon=":material/play_arrow:",
            key=f"resume {slot}",
            type="primary",
            on_click=background.resume,
            args=(slot,),
        )
    return progress is not None and progress.state is not State.FAILED


def _words(box: Any, known: Watch, done: str) -> None:
    if words := background.waiting(known):
        (box.error if known.progress.state is State.FAILED else box.caption)(words)
        return
    state, progress = image_state.state_of(known), known.progress
    spent = background.duration(progress.seconds)
    if progress.state is State.DONE:
        box.caption(f"{done} {spent} on {background.device_name()}.")
    elif progress.state is State.STOPPED:
        box.caption(f"Stopped after {spent}. What was reached is kept: **Go on** takes it up.")
    else:
        left = progress.seconds_left
        ahead = "" if left is None else f", {background.duration(left)} left"
        box.progress(progress.share or 0.0, text=f"{state.stage if state else 'Starting'}{ahead}")


def _estimate(view: ImagesView) -> str:
    count = calls(view.config)
    words = f"One pass, a search on held-out seeds, fresh samples of all, {count / 1e3:,.0f}k images denoised"
    if not view.bundled:
        return words + ". The model is loaded first, and the time left shown then."
    return f"{words}: {_about(view, count)}"


def _start(view: ImagesView) -> None:
    config = view.config

    def work(stop: Stop) -> Iterator[tuple[float, ImageState]]:
        for state in live.run(config, stop):
            yield state.share, state

    background.start(SLOT, config, work, waits=_loading)


def _loading(state: ImageState | None) -> bool:
    return state is None or state.model is None


def dials(view: ImagesView, one: Shown, known: Watch | None, seen: tuple[Any, ...]) -> None:
    """The weight of the optimum and the way there from the chosen start; what they make can be measured too."""
    st.markdown("#### Past the paper: one pass prices every schedule")
    left, middle, right = st.columns([0.3, 0.3, 0.4], vertical_alignment="center", gap="medium")
    with left:
        controls.power()
    with middle:
        controls.share(view.base)
    extra = image_state.watch(view, EXTRA)

    @st.fragment(run_every=background.POLL if running(extra) else None)
    def measuring() -> None:
        _measuring(view, one, known, extra)
        follow(view, seen)

    with right:
        measuring()


def _measuring(view: ImagesView, one: Shown, known: Watch | None, extra: Watch | None) -> None:
    if "p-optimum" not in one.rows:
        st.caption("These dials give the KLUB optimum itself: lower p, or stop on the way, for another schedule.")
    for name in EXTRAS:
        if name in one.rows:
            _measured(view, one, name, known, extra)


def _measured(view: ImagesView, one: Shown, name: str, known: Watch | None, extra: Watch | None) -> None:
    """Measure one more schedule, or say that it is measured."""
    title = one.rows[name].title
    if one.rows[name].metrics:
        st.caption(f"**{title}** is measured: it is among the pictures, curves and rows.")
        return
    box = st.container(horizontal=True, vertical_alignment="center")
    same = extra if extra and extra.job.key == _key(view, one, name) else None
    shown = [_key(view, one, other) for other in EXTRAS if other in one.rows]
    busy = running(known) or (extra is not None and extra.job.key in shown and running(extra))
    if not _stop_and_go_on(box, EXTRA, same):
        box.button(
            f"Measure {title}",
            icon=":material/straighten:",
            key=f"measure {name}",
            on_click=_measure,
            args=(view, one, name, known),
            disabled=busy,
            help="Draws as many fresh samples of it as stand behind the other figures, from the same noise.",
        )
    if same:
        _words(box, same, "Measured in")
    elif view.bundled:
        calls_ = denoiser_calls(view.solver, one.rows[name].schedule.steps)
        words = _about(view, calls_ * view.config.samples)
        box.caption(words[0].upper() + words[1:])


def _key(view: ImagesView, one: Shown, name: str) -> tuple[Any, ...]:
    return view.config, name, one.rows[name].schedule.levels


def _measure(view: ImagesView, one: Shown, name: str, known: Watch | None) -> None:
    state = image_state.state_of(known)
    config, schedule, judge = view.config, one.rows[name].schedule, state.judge if state else None

    def work(stop: Stop) -> Iterator[tuple[float, ImageState]]:
        for reached in live.measure(config, one.model, one.gram, schedule, judge=judge, stop=stop):
            yield reached.share, reached

    background.start(EXTRA, _key(view, one, name), work)


def stage(view: ImagesView) -> tuple[Any, ...]:
    """What the page depends on."""
    return warming(view), *(_stage(image_state.watch(view, slot)) for slot in (SLOT, EXTRA))


def _stage(known: Watch | None) -> tuple[Any, ...]:
    state = image_state.state_of(known)
    if known is None or state is None:
        return (known and known.job,)
    return known.job, known.progress.state, len(state.rows), len(state.pictures), state.finding is None


def follow(view: ImagesView, seen: tuple[Any, ...]) -> None:
    """Run the whole page again where there is more to show than it has drawn."""
    if stage(view) != seen:
        st.rerun()
