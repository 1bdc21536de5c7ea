"""What a page shows, to be taken away: one menu in the header lists its figures, tables, films and schedules.

A page's pieces offer what they draw while they draw it; files are made when somebody asks for them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ays_toy.data.datasets import DATASETS
from ays_toy.estimates import Measured
from ays_toy.exchange.formats import FORMATS, Taken
from ays_toy.figures.printed import as_page
from ays_toy.models import catalog
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import compute, leaving, record
from ays_toy.ui.components.save import save_buttons
from ays_toy.ui.ending import Pool
from ays_toy.ui.lessons import course
from ays_toy.ui.view import ModelView
from ays_toy.words import file_name

WIDTH = 420  # pixels
STEPLESS = ("train",)  # pages whose files say no number of steps
Make = Callable[[], str | bytes]


@dataclass(frozen=True, eq=False)
class File:
    """What a button says, its file's ending and type, and what makes the file once it is asked for."""

    label: str
    suffix: str
    mime: str
    make: Make
    about: str


@dataclass(frozen=True, eq=False)
class Offer:
    """One line of the menu: its files, and the key of the chart that pictures are taken of, if it is one."""

    files: tuple[File, ...]
    chart: str | None = None


@dataclass(eq=False)
class Shown:
    """What a session's page has offered: lines and schedules by their titles, and the view that these are for."""

    lines: dict[str, Offer] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    view: ModelView | None = None


_films = Pool(1, "film")  # which take seconds: one after the other
_shown: dict[str, Shown] = {}  # by session; not in its state, which Streamlit frees late


def _here() -> Shown:
    return _shown.setdefault(leaving.this_session(), Shown())


def _let_go(session: str) -> None:
    _shown.pop(session, None)


leaving.closing.append(_let_go)


# --- offering ------------------------------------------------------------------------------------------------------


def figure(drawn: go.Figure, key: str, title: str, alt: str) -> None:
    """Offer a figure that is drawn under that key, as pictures and as a page."""
    page = File(
        "HTML", "html", "text/html", partial(as_page, drawn, title, alt), "A page by itself, still interactive."
    )
    _here().lines[title] = Offer((page,), key)


def table(title: str, make: Make) -> None:
    """Offer a table as CSV."""
    about = "All digits, standard errors in columns of their own."
    _here().lines[title] = Offer((File("CSV", "csv", "text/csv", make, about),))


def film(title: str, page: Make, gif: Make) -> None:
    """Offer a film as a page that plays by itself, and as a GIF."""
    files = (
        File("HTML", "html", "text/html", _in_turn(page), "A page that plays by itself, without a network."),
        File("GIF", "gif", "image/gif", _in_turn(gif), "For slides and posts."),
    )
    _here().lines[title] = Offer(files)


def _in_turn(make: Make) -> Make:
    return lambda: _films.submit(make).result()


def schedules(view: ModelView, found: Iterable[Schedule]) -> None:
    """Offer a page's schedules as files for other tools."""
    shown = _here()
    shown.schedules, shown.view = {one.title: one for one in found if one.levels}, view


# --- the menu ------------------------------------------------------------------------------------------------------


@contextmanager
def menu(page: str, place: Any) -> Iterator[None]:
    """In a place of the header, list what a page has offered by its end, however it ends."""
    _let_go(leaving.this_session())
    try:
        yield
    finally:
        shown = _shown.get(leaving.this_session())
        # On a phone a step has the sidebar still, and what it leaves out is an answer.
        if shown and shown.lines and not course.at_step():
            leaving.note()
            with place:
                _menu(page)


@st.fragment
def _menu(page: str) -> None:
    looks: dict[str, Any] = {"icon": ":material/download:", "type": "tertiary"}
    box = st.popover("Download", key="downloads", on_change="rerun", **looks)
    if not box.open:
        return  # nothing is listed, and no file promised, before somebody looks
    shown, stem = _here(), _stem(page)
    if not shown.lines:  # let go while the connection was lost: the page offers it anew
        st.rerun()
    with box, st.container(width=WIDTH):
        for title, one in shown.lines.items():
            _line(title, one, f"{stem}-{file_name(title)}")
        if shown.view:
            _schedules(shown.view, shown.schedules, stem)


def _line(title: str, one: Offer, stem: str) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    row.markdown(title, width="stretch")
    with row.container(horizontal=True, width="content", gap="xsmall"):
        if one.chart:
            save_buttons(one.chart, title, stem)
        for file in one.files:
            st.download_button(
                file.label,
                file.make,
                f"{stem}.{file.suffix}",
                file.mime,
                key=f"{title} as {file.label}",
                help=file.about,
                on_click="ignore",
                width="content",
            )


def _schedules(view: ModelView, found: dict[str, Schedule], stem: str) -> None:
    title = st.selectbox("A schedule, for other tools", list(found), key="schedule to download")
    one, about = found[title], {"data": view.data, "model": view.model}
    price = compute.price(view.chosen_model, one.levels)
    taken = Taken(Measured(one, price), view.solver, about=about)
    take(taken, f"{stem}-{file_name(title)}", st.container(horizontal=True), key="schedule as")


def take(one: Taken, stem: str, row: Any, key: str | None = None) -> None:
    """Buttons that download a schedule in every form that is made at once, of any model."""
    for name, form in FORMATS.items():
        if not (form.slow or form.of_images):
            row.download_button(
                form.title,
                form.text(one),
                f"{stem}.{form.suffix}",
                form.mime,
                key=key and f"{key} {name}",
                icon=":material/download:",
                help=form.counting(one),
                on_click="ignore",
            )


# --- names of files ------------------------------------------------------------------------------------------------


def _stem(page: str) -> str:
    """What all files of the page begin with: 'explore-grid-8x8-8-steps'."""
    chosen = record.this_session().values
    what = chosen["image_model"] if page == "images" else data_name(chosen["data"])
    if page == "data":
        what = ""  # what lies on its pad need not be what was chosen
    steps = "" if page in STEPLESS else f"{chosen['steps']} steps"
    return file_name(f"{page} {what} {steps}")


def data_name(data: str) -> str:
    """Data in the name of a file: a preset's name, or the title of a user's own, whose name may hold all points."""
    return data if data in DATASETS else catalog.dataset(data).title
