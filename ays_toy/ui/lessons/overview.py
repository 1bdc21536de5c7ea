"""The Learn page's pieces: three doors, and the lessons with what one learns and how far one is."""

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from ays_toy.lessons import LESSONS
from ays_toy.lessons.lesson import Lesson
from ays_toy.lessons.place import Place
from ays_toy.ui import codec, front
from ays_toy.ui.lessons import course, quiz_form


@dataclass(frozen=True)
class LearnView:
    """The Learn page's state: how far each lesson has been gone through."""

    done: tuple[str, ...] = codec.param((), course.read_done)


def said() -> str:
    """How far all is, in one sentence."""
    reached = course.progress()
    through = sum(_through(one) for one in LESSONS.values())
    if not reached:
        return (
            f"{len(LESSONS) - 1} lessons of five minutes on the live pages, and a last task: predict, look, answer, "
            "and hear at once whether it is so. Nothing you answer is sent anywhere."
        )
    return f"**{through} of {len(LESSONS)}** done. The address holds how far you are: keep it to go on elsewhere."


def _through(one: Lesson) -> bool:
    return course.progress().get(one.name, 0) == len(one.steps)


def _next() -> Place:
    """Where to begin or to go on: the first lesson that has not been gone through."""
    one = next((one for one in LESSONS.values() if not _through(one)), next(iter(LESSONS.values())))
    return _at(one)


def _at(one: Lesson) -> Place:
    return Place(one, 1 if _through(one) else course.progress().get(one.name, 1))


def doors() -> None:
    """Three ways in: to learn, to teach, to use it."""
    to, begun = _next(), bool(course.progress())
    learn, teach, use = st.columns(3, gap="small")
    with _door(learn, "learn", ":material/school: Learn it", "I have read the abstract, and want to see why it is so."):
        st.button(
            f"Go on: {to.lesson.title}" if begun else "Start the first lesson",
            icon=":material/play_arrow:",
            key="lesson start",
            type="primary",
            on_click=course.go,
            args=(to,),
        )
    with _door(
        teach,
        "teach",
        ":material/co_present: Teach it",
        "A class opens one link and finds one task: six are ready, and any page makes another, with a code to show.",
    ):
        _links((("teach", "Links for a class"),))
    with _door(
        use,
        "use",
        ":material/deployed_code: Use it on my model",
        "I have a model, and want noise levels for it that I can take to my own tool.",
    ):
        _links((("images", "An image model"), ("optimize", "A model in 2D"), ("data", "My own points")))


def _door(
    column: st.delta_generator.DeltaGenerator, key: str, title: str, about: str
) -> st.delta_generator.DeltaGenerator:
    box: st.delta_generator.DeltaGenerator = column.container(border=True, key=f"door_{key}", height="stretch")
    box.markdown(f"#### {title}")
    box.markdown(about)
    return box


def _links(pages: Iterable[tuple[str, str]]) -> None:
    row = st.container(horizontal=True, gap="small")
    with row:
        for page, label in pages:
            front.link(page, label)


def ideas() -> list[str]:
    """What each lesson is about, in words for the glossary."""
    return [f"{one.title}: {one.idea}" for one in LESSONS.values()]


def lessons() -> None:
    """The lessons in their order."""
    with st.container(key="lesson_list"):
        for number, one in enumerate(LESSONS.values(), start=1):
            name, about, state = st.columns([0.26, 0.58, 0.16], gap="small", vertical_alignment="center")
            name.button(
                f"{number}. {one.title}", key=f"start {one.name}", type="tertiary", on_click=course.go, args=(_at(one),)
            )
            about.markdown(f"You can then {one.idea}.")
            state.markdown(f":gray[{one.minutes} min · {_state(one)}]")


def questions() -> None:
    """The six questions before and after, shut until they are asked for."""
    with st.expander("Six questions, before the lessons and after", icon=":material/quiz:", key="questions"):
        quiz_form.show(_link)


def _link(name: str, when: str) -> None:
    one = LESSONS[name]
    st.button(f"Lesson: {one.title}", key=f"asked {when} {name}", type="tertiary", on_click=course.go, args=(_at(one),))


def _state(one: Lesson) -> str:
    if _through(one):
        return "done :material/check:"
    reached = course.progress().get(one.name, 0)
    return f"step {reached} of {len(one.steps)}" if reached else f"{len(one.steps)} steps"
