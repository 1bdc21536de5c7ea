"""Where a session is in the lessons: its step, whether it plays freely, what it has answered, how far it has come.

The place is a field that all pages share, `lesson`, so every address holds it. A step that is entered sets the scene:
all fields of its page, those that it does not name at their defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy.lessons import LESSONS
from ays_toy.lessons.lesson import Prediction
from ays_toy.lessons.place import Place, read
from ays_toy.ui import codec, record
from ays_toy.ui.whole import whole

FIELD, DONE = "lesson", "done"  # of the pages' states: the place, and the steps that were reached
OVERVIEW = "learn"  # the page of all lessons


@dataclass
class Given:
    """An answer, and what came of it: judged once, by what the page showed then."""

    answer: Any
    of: Any = None  # what it was an answer to: the page's state, or what was revealed; None before it is judged
    right: bool | None = None  # None too for what is not right or wrong
    words: str = ""


@dataclass
class Course:
    """What a session remembers of its lessons beside the place."""

    entering: bool = False  # whether the scene is to be set, but for what was left
    fresh: bool = False  # whether this run is the first that shows the step
    left: dict[str, Any] = field(default_factory=dict)  # values of the step that was left: for play, or to be kept
    given: dict[str, Given] = field(default_factory=dict)  # by place


def this_course() -> Course:
    """The session's own."""
    one: Course = st.session_state.setdefault("course", Course())
    return one


def place() -> Place | None:
    """Where the session is, if in a lesson at all."""
    text = record.this_session().values.get(FIELD)
    return read(text) if text else None


def at_step() -> Place | None:
    """Where it is, where this page shows it."""
    now = place()
    return now if now and not now.free and now.step.scene.page == page_name() else None


def page_name() -> str:
    """The name of the page that is drawn, as in its file."""
    context = get_script_run_ctx()
    if context is None:
        return ""
    pages = context.pages_manager.get_pages()
    shown = pages.get(context.page_script_hash) or next(iter(pages.values()))
    return Path(shown["script_path"]).stem


# --- from place to place -------------------------------------------------------------------------------------------


@whole
def go(to: Place | None) -> None:
    """Go to a place, or out of the lessons."""
    session, course, now = record.this_session(), this_course(), place()
    keeps = to.step.scene.keeps if to and now and now.lesson is to.lesson else ()
    session.choose(FIELD, str(to) if to else "")
    course.entering = to is not None
    course.left = {name: session.values[name] for name in keeps if name in session.values}
    if to:
        course.given.pop(str(to), None)
        _reach(to)


@whole
def finish(of: Place) -> None:
    """End a lesson, and show what there is to learn besides."""
    _reach(of)
    session = record.this_session()
    session.choose(FIELD, "")
    st.session_state["to overview"] = True


@whole
def play() -> None:
    """Leave the step to play; all that it shows is remembered."""
    session, now = record.this_session(), place()
    if now:
        this_course().left = dict(session.values)
        session.choose(FIELD, f"{now}.free")


@whole
def resume() -> None:
    """Come back from free play to the step as it was left."""
    session, now = record.this_session(), place()
    if now:
        session.choose(FIELD, str(now.at_step))
        this_course().entering = True


def _reach(one: Place) -> None:
    """Note how far a lesson has been gone through."""
    session = record.this_session()
    reached = progress() | {one.lesson.name: max(one.number, progress().get(one.lesson.name, 0))}
    session.choose(DONE, tuple(f"{name}.{number}" for name, number in reached.items()))


def progress() -> dict[str, int]:
    """The furthest step reached, by lesson."""
    places = map(read, record.this_session().values.get(DONE, ()))
    return {one.lesson.name: one.number for one in places}


@whole
def answer(now: Place, said: Any) -> None:
    """Take an answer, which is judged once the page knows what it shows."""
    this_course().given[str(now)] = Given(said)


def answered(now: Place) -> bool:
    """Whether there is an answer at a place, to whatever it was."""
    return str(now) in this_course().given


def given(now: Place, of: Any) -> Given | None:
    """What was answered at a place to just this, a state of its page say; what was answered to another is let go."""
    known = this_course().given
    if (one := known.get(str(now))) is None:
        return None
    if one.of is None:
        one.of = of
    if one.of != of:
        del known[str(now)]
        return None
    return one


def read_done(text: str) -> tuple[str, ...]:
    """How far lessons have been gone through, from a link."""
    places = [read(part) for part in text.split(",")]
    if len(places) > len(LESSONS):
        raise ValueError(f"There are {len(LESSONS)} lessons: name each once.")
    return tuple(str(one.at_step) for one in places)


def left_out() -> tuple[str, ...]:
    """The keys of the parts of the page that the step leaves out now; what gives a prediction away until it is made."""
    if (now := at_step()) is None:
        return ()
    asked = now.step.ask
    waits = isinstance(asked, Prediction) and not answered(now)
    return now.step.scene.without + (asked.hides if isinstance(asked, Prediction) and waits else ())


def leaves_out(part: str) -> bool:
    """Whether the step leaves that part of the page out."""
    return part in left_out()


# --- the scene -----------------------------------------------------------------------------------------------------


def switch() -> None:
    """Show the page that the place is on, where it has just been entered and is another; or the overview."""
    if st.session_state.pop("to overview", False) and page_name() != OVERVIEW:
        st.switch_page(f"pages/{OVERVIEW}.py")
    now = place()
    if now and this_course().entering and now.step.scene.page != page_name():
        st.switch_page(f"pages/{now.step.scene.page}.py")


def set_scene(session: record.Record, cls: type[Any], query: Mapping[str, str] | None) -> None:
    """Choose what the step shows, where it was just entered, or came with an address: that has the last word.

    `query` is that of an address which opens the page; None in all other runs.
    """
    course, now = this_course(), at_step()
    session.only = frozenset(now.step.scene.controls) if now else None
    course.fresh = False
    told = query is not None and FIELD in session.linked
    if now is None or not (course.entering or told):
        return
    named = query or {}
    scene, _ = codec.from_query(cls, now.step.scene.state)
    shown = {one.name: getattr(scene, one.name) for one in fields(cls)}
    if course.entering:
        shown |= {name: value for name, value in course.left.items() if name in shown}
        session.address, named = None, {}
        _reach(now)
    for name, value in shown.items():
        if name not in named:
            session.choose(name, value)
            session.linked.add(name)
    course.entering, course.left, course.fresh = False, {}, True


def held() -> Mapping[str, str]:
    """The fields that the address names even at their defaults: those which the step would set otherwise."""
    now = at_step()
    return now.step.scene.state if now else {}
