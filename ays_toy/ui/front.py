"""The front door, where an address without a page leads, and the way on at the foot of every page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy.lessons import place
from ays_toy.ui import frame
from ays_toy.ui.lessons import course
from ays_toy.ui.view import Shared, View

NEXT: Mapping[str, tuple[str, str]] = {  # where a page leads, and what is to be seen there
    "teach": ("learn", "go through the lessons that your class will meet"),
    "explore": ("trajectories", "see how each schedule carries the same noise to the data"),
    "trajectories": ("beat_ays", "place the noise levels yourself, and see what that does to the picture"),
    "beat_ays": ("optimize", "watch the paper's search place them, sweep by sweep"),
    "optimize": ("images", "see whether it holds on real images"),
    "images": ("evidence", "see which schedule wins where, over all data, solvers and numbers of steps"),
    "evidence": ("data", "bring your own data, and get a schedule for them"),
    "data": ("train", "train a small network on them"),
    "train": ("explore", "compare schedules with the network you have kept"),
}
TITLES = {
    "learn": "Learn",
    "teach": "Teach",
    "explore": "Explore",
    "data": "Your data",
    "train": "Train",
    "optimize": "Optimize",
    "trajectories": "Trajectories",
    "beat_ays": "Beat AYS",
    "images": "Images",
    "evidence": "Evidence",
}
WITH_CONTROLS = TITLES.keys() - {"learn", "teach"}  # beside them


def open_door() -> None:
    """Let an address without a page show one: that of its lesson, Explore for its parameters, and Learn else.

    Call it before `st.navigation`.
    """
    context = get_script_run_ctx()
    if context and not (context.pages_manager.intended_page_name or context.pages_manager.intended_page_script_hash):
        context.pages_manager.set_script_intent("", _meant(st.query_params.to_dict()))


def _meant(query: Mapping[str, str]) -> str:
    try:
        return place.read(query["lesson"]).step.scene.page
    except (KeyError, ValueError):  # which the page that opens says, if there was one
        known = {field.name for cls in (View, Shared) for field in fields(cls)}
        return "explore" if known & query.keys() else "learn"


def link(page: str, label: str) -> None:
    """A link to another page of the app."""
    if frame.framed():
        st.page_link(f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
    else:
        st.markdown(f"[{label}]({page})")


def nowhere() -> None:
    """The page that Streamlit wants at /; `open_door` leads from there."""
    st.switch_page("pages/learn.py")


@contextmanager
def way_on(page: str) -> Iterator[None]:
    """Say at the foot of a page where to go next, however it ends; but not in a lesson, which says that itself."""
    try:
        yield
    finally:
        if page in NEXT and not course.at_step():
            to, why = NEXT[page]
            with st.container(key="way_on"):
                link(to, f"Next: **{TITLES[to]}**, to {why}")
