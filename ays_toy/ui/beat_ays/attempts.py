"""A session's attempt at placing the levels: moved by rail, table and buttons, checked, undone, remembered.

The inner levels are a field of the page's view, `levels`; none there means those that every challenge starts from.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from ays_toy.exchange import export
from ays_toy.runs import challenge
from ays_toy.ui import record
from ays_toy.ui.components import rail
from ays_toy.ui.compute import Sampling
from ays_toy.ui.whole import whole

BOARD = "board"  # the rail's key
MOST_UNDO, MOST_TRIED = 100, 60


@dataclass
class AttemptState:
    """What the page remembers beside the levels; `changes` counts those that the rail has not made itself."""

    undo: list[tuple[tuple[float, ...], int, str]] = field(default_factory=list)  # levels, steps, how they came about
    changes: int = 0
    moved: Any = None  # the rail's last move that was looked at
    steps: int = 0
    tables: int = 0  # counts the tables of numbers: a new one forgets what was typed into the last
    how: str = "start"
    complaint: str = ""
    tried: list[tuple[Sampling, str]] = field(default_factory=list)  # and how it came about


def attempt_state() -> AttemptState:
    """This session's."""
    if "attempt" not in st.session_state:
        st.session_state["attempt"] = AttemptState(steps=st.session_state["steps"])
    return st.session_state["attempt"]


def ends() -> tuple[float, float]:
    """The highest and the lowest level."""
    return st.session_state["sigma_max"], st.session_state["sigma_min"]


def version() -> str:
    """Changes whenever the rail must take over levels that it did not place."""
    high, low = ends()
    return f"{attempt_state().changes} {high:g} {low:g}"


def sigmas() -> np.ndarray:
    """The schedule as it stands [n+1]."""
    levels = st.session_state["levels"]
    if levels:
        return challenge.attempt(levels, *ends())
    return challenge.start(st.session_state["steps"], *ends())


def settle() -> None:
    """Take in what has happened since the page was drawn; call it before the widgets are."""
    attempt, levels = attempt_state(), st.session_state["levels"]
    _take_move()
    if not record.visible("steps"):
        attempt.undo = [one for one in attempt.undo if one[1] == st.session_state["steps"]]
    if st.session_state["steps"] != attempt.steps:  # by the slider, or on another page
        attempt.undo.append((tuple(levels), attempt.steps, attempt.how))
        _begin()
    elif levels:
        try:
            challenge.attempt(levels, *ends())
        except ValueError:
            attempt.complaint = "The levels did not fit between the new ends: the challenge starts anew."
            attempt.undo.clear()
            _begin()


def follow_link(steps: int) -> None:
    """Take the levels over that the address brought, and the number of steps that they make."""
    attempt = attempt_state()
    st.session_state["steps"] = attempt.steps = steps
    attempt.how = "from the link" if st.session_state["levels"] else "start"
    attempt.changes += 1


def _begin() -> None:
    attempt = attempt_state()
    st.session_state["levels"], attempt.steps, attempt.how = [], st.session_state["steps"], "start"
    attempt.changes += 1


def _take_move() -> None:
    attempt, said = attempt_state(), rail.last_move(BOARD)
    if said is None or said == attempt.moved:
        return
    attempt.moved = said
    levels, began = said
    if began != version():
        return  # of levels that have been replaced since
    _try(lambda _: levels, "moved", by_rail=True)


@whole
def change(make: Callable[[np.ndarray], Any], how: str) -> None:
    """Put the inner levels that `make` makes of the schedule [n+1] in place of those that stand."""
    _take_move()
    _try(make, how)


def bring(levels: np.ndarray) -> np.ndarray:
    """Put a schedule [n+1] over the whole range in place of the one that stands -> as it was placed.

    ValueError where it cannot be an attempt; what stands is left then.
    """
    placed = _as_many(challenge.attempt(levels[1:-1], *ends()))
    change(lambda _: placed[1:-1], "brought")
    return placed


def _as_many(after: np.ndarray) -> np.ndarray:
    """A schedule in place of the one that stands; ValueError where a lesson or a link keeps the number of steps."""
    if not record.visible("steps") and after.size != sigmas().size:
        kept = export.steps(sigmas().size - 1)
        raise ValueError(f"The number of steps stays as it is here: {kept}, not {after.size - 1}. Move the levels.")
    return after


def _try(make: Callable[[np.ndarray], Any], how: str, by_rail: bool = False) -> None:
    attempt = attempt_state()
    attempt.complaint = ""
    before = sigmas()
    try:
        after = _as_many(challenge.attempt(make(before), *ends()))
    except ValueError as error:
        attempt.complaint = str(error)
        attempt.changes += 1  # so that the rail shows what stands
        _forget_typed()
        return
    if np.array_equal(before, after):
        return
    attempt.undo = [*attempt.undo, (tuple(st.session_state["levels"]), attempt.steps, attempt.how)][-MOST_UNDO:]
    _put(tuple(after[1:-1].tolist()), after.size - 1, how, by_rail)


def _put(levels: tuple[float, ...], steps: int, how: str, by_rail: bool = False) -> None:
    attempt = attempt_state()
    st.session_state["levels"], st.session_state["steps"] = list(levels), steps
    attempt.steps, attempt.how = steps, how
    attempt.changes += not by_rail
    if how != "typed":
        _forget_typed()


@whole
def undo() -> None:
    """Go back by one change."""
    _take_move()
    if attempt_state().undo:
        _put(*attempt_state().undo.pop())
        attempt_state().complaint = ""


def numbers_key() -> str:
    """The key of the table of numbers."""
    return f"numbers {attempt_state().tables}"


def _typed() -> dict[int, dict[str, Any]]:
    return st.session_state.get(numbers_key(), {}).get("edited_rows", {})


def _forget_typed() -> None:
    if _typed():
        attempt_state().tables += 1


@whole
def take_typed(column: str) -> None:
    """Take in what was typed into the table of inner levels."""
    typed = {int(row): cells[column] for row, cells in _typed().items() if column in cells}

    def make(before: np.ndarray) -> list[Any]:
        inner = before[1:-1].tolist()
        return [typed.get(row, level) for row, level in enumerate(inner)]

    change(make, "typed")


def remember(draw: Sampling) -> None:
    """Add the schedule to those tried, unless it was the last one."""
    attempt = attempt_state()
    if not attempt.tried or attempt.tried[-1][0] != draw:
        attempt.tried = [*attempt.tried, (draw, attempt.how)][-MOST_TRIED:]
