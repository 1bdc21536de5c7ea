"""A run as its page shows it: the buttons that fit, how far it is, and the page anew once there is more to show."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import streamlit as st

from ays_toy.ui import background, frame
from ays_toy.ui.background import POLL, Watch
from ays_toy.ui.jobs import State


def take_up(slot: str, *keys: Hashable) -> None:
    """Show what `background.take_up` finds, and say so."""
    if background.take_up(slot, *keys):
        st.toast("Here is the run that was left with these settings.", icon=":material/history:")


def active(watch: Watch | None) -> bool:
    """Whether there is more to come by itself."""
    return watch is not None and not watch.progress.finished


def reached(watch: Watch | None) -> Any:
    """The latest snapshot of a run; None before its first."""
    return watch.progress.snapshot if watch else None


def stage(slot: str) -> tuple[Any, ...]:
    """Which run is watched in a slot now, and whether it has come to rest."""
    watch = background.current(slot)
    return (watch.job, watch.progress.finished) if watch else ()


def follow(draw: Callable[[], None], stage: Callable[[], Any], seen: Any, moving: bool, every: float = POLL) -> None:
    """Draw a part of the page, every so often while it is `moving`; the page anew where its stage is not as `seen`."""

    @st.fragment(run_every=every if moving else None)
    def part() -> None:
        draw()
        if stage() != seen:
            st.rerun()

    part()


def buttons(
    box: Any, slot: str, watch: Watch | None, begin: Mapping[str, Any] | None = None, *, anew: bool = False
) -> None:
    """Stop what runs, go on with what was stopped, and begin what there is none of or what failed.

    `begin` is what `st.button` is given for that; with `anew` it is there for all that does not run.
    """
    if words := background.refused(slot):
        frame.refuse(words)
    if active(watch):
        box.button("Stop", icon=":material/stop:", key=f"stop {slot}", on_click=background.pause, args=(slot,))
        return
    state = watch.progress.state if watch else None
    if stopped := state is State.STOPPED:
        box.button(
            "Go on",
            icon=":material/play_arrow:",
            key=f"go on {slot}",
            type="primary",
            on_click=background.resume,
            args=(slot,),
        )
    if begin and (anew or state in (None, State.FAILED)):
        box.button(**{"type": "secondary" if stopped else "primary"} | dict(begin))


def status(box: Any, watch: Watch, at: str, done: str) -> None:
    """What a run is `at` and how long the rest takes, its place in the queue, its failure, or its end: `done` so long.

    A run that cannot tell its share has no bar.
    """
    progress, spent = watch.progress, background.duration(watch.progress.seconds)
    if words := background.waiting(watch):
        if progress.state is State.FAILED:
            frame.refuse(words, box)
        else:
            box.caption(words)
    elif progress.state is State.DONE:
        box.caption(f"{done} {spent} on {background.device_name()}.")
    elif progress.state is State.STOPPED:
        box.caption(f"{at}, stopped after {spent}. What was reached is kept: **Go on** takes it up.")
    elif progress.share is None:
        box.caption(f"{at}, {spent} so far.")
    else:
        left = progress.seconds_left
        box.progress(progress.share, text=at if left is None else f"{at}, {background.duration(left)} left")
