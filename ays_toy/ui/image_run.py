"""The run of the Images page: begun, stopped and taken up, with what it is at and how long the rest takes."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import streamlit as st

from ays_toy.images import live
from ays_toy.images.live import ImageState
from ays_toy.ui import background, image_state
from ays_toy.ui.background import Watch
from ays_toy.ui.image_state import ImagesView
from ays_toy.ui.jobs import State, Stop


@lru_cache(maxsize=1)
def _digits_pace() -> float:
    return live.seconds_per_image(image_state.digits())


def running(known: Watch | None) -> bool:
    """Whether there is more to come by itself."""
    return known is not None and known.progress.state in (State.QUEUED, State.RUNNING)


def run_controls(view: ImagesView, known: Watch | None) -> None:
    """Start, stop and go on, with what the run is at and how long the rest takes."""
    box = st.container(horizontal=True, vertical_alignment="center")
    progress = known.progress if known else None
    if running(known):
        box.button(
            "Stop", icon=":material/stop:", key="stop images", on_click=background.pause, args=(image_state.SLOT,)
        )
    elif progress and progress.state is State.STOPPED:
        box.button(
            "Go on",
            icon=":material/play_arrow:",
            key="resume images",
            type="primary",
            on_click=background.resume,
            args=(image_state.SLOT,),
        )
    elif not progress or progress.state is State.FAILED:
        label = "Optimize live" if view.bundled else "Load, optimize and compare"
        box.button(label, icon=":material/tune:", key="run images", type="primary", on_click=_start, args=(view,))
    _words(box, view, known)


def _words(box: Any, view: ImagesView, known: Watch | None) -> None:
    if known is None:
        box.caption(_estimate(view))
        return
    if words := background.waiting(known):
        (box.error if known.progress.state is State.FAILED else box.caption)(words)
        return
    state, progress = image_state.state_of(known), known.progress
    spent = background.duration(progress.seconds)
    if progress.state is State.DONE:
        box.caption(f"Optimized and measured in {spent} on {background.device_name()}.")
    elif progress.state is State.STOPPED:
        box.caption(f"Stopped after {spent}. What was reached is kept: **Go on** takes it up.")
    else:
        left = progress.seconds_left
        ahead = "" if left is None else f", {background.duration(left)} left"
        box.progress(progress.share or 0.0, text=f"{state.stage if state else 'Starting'}{ahead}")


def _estimate(view: ImagesView) -> str:
    calls = live.calls(view.config)
    words = f"One pass, a search on held-out seeds, fresh samples of all: {calls / 1e3:,.0f}k images denoised"
    if not view.bundled:
        return words + ". The model is loaded first, and the time left shown then."
    return words + f", about {background.duration(calls * _digits_pace())} on {background.device_name()}."


def _start(view: ImagesView) -> None:
    config = view.config

    def work(stop: Stop) -> Iterator[tuple[float, ImageState]]:
        for state in live.run(config, stop):
            yield state.share, state

    background.start(image_state.SLOT, config, work)


def stage(known: Watch | None) -> tuple[Any, ...]:
    """What the page depends on."""
    state = image_state.state_of(known)
    if known is None or state is None:
        return (known and known.job,)
    return known.job, known.progress.state, len(state.rows), len(state.pictures), state.finding is None


def follow(view: ImagesView, seen: tuple[Any, ...]) -> None:
    """Run the whole page again where there is more to show than it has drawn."""
    if stage(image_state.watch(view)) != seen:
        st.rerun()
