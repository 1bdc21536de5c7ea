"""What a session has drawn or brought, taken in, checked, and chosen as the data of every page.

What the page of one's own data shows is a name of the catalog, as everywhere: what is on the pad, or was brought last.
Where the pad has been cleared nothing is shown and nothing can go on; the other pages keep the data that they had.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st
import torch

from ays_toy import seeds
from ays_toy.data import drawing, ink, own_image, own_table
from ays_toy.data.drawing import Drawing
from ays_toy.data.own_table import Columns, Table
from ays_toy.models import catalog
from ays_toy.models.people import Keeper
from ays_toy.models.store import PointStore
from ays_toy.ui import controls, keeper, record
from ays_toy.ui.components.draw import last_drawing
from ays_toy.ui.kept import kept
from ays_toy.ui.whole import whole

PAD = "pad"  # the component's key
MAX_TITLE = 30  # characters of a file's name
NO_WEIGHTS = -1  # in the place of a column


@dataclass(frozen=True, eq=False)
class File:
    """A text file whose columns can be chosen, and those that are."""

    name: str
    data: bytes = field(repr=False)
    columns: Columns

    @property
    def table(self) -> Table:
        """What is in it."""
        return _table(self.data)


@dataclass
class OwnData:
    """What this session has drawn or brought; `changes` counts the drawings that the pad has not made itself."""

    drawing: Drawing = field(default_factory=drawing.smiley)
    shown: str = ""  # the name of the data that the page shows; none: the pad has been cleared
    followed: str = ""  # the data of all pages when they were last looked at
    changes: int = 0
    seen: Any = None  # the pad's last drawing that was looked at
    troubles: dict[str, str] = field(default_factory=dict)  # by way, one sentence each
    file: File | None = None  # the last text file, where it has anything to choose


def own_data() -> OwnData:
    """This session's."""
    if "own data" not in st.session_state:
        one = OwnData()
        one.shown = catalog.name_of_drawing(one.drawing)
        st.session_state["own data"] = one
    return st.session_state["own data"]


def settle() -> list[str]:
    """Take in what the pad, a link or another page did -> sentences on what is gone; before the widgets are drawn."""
    own, chosen, gone = own_data(), st.session_state["data"], []
    if catalog.is_own(chosen) and chosen not in (own.shown, own.followed):
        own.shown, way = chosen, st.session_state["way"]
        own.troubles.pop("draw", None)
        if chosen.startswith(catalog.DRAWN):
            own.drawing = drawing.decode(chosen.removeprefix(catalog.DRAWN))
            own.changes += 1
            way = "draw"
        elif chosen.startswith(catalog.POINTS):
            way = "csv"
        if "way" not in record.this_session().linked:
            st.session_state["way"] = way
    elif record.went_back() and not catalog.is_own(chosen):
        _start_anew()
    said = last_drawing(PAD)
    if said is not None and said != own.seen:
        own.seen = said
        if said[1] == version():  # and not of a drawing that has been replaced since
            _take_strokes(said[0])
    if own.shown:
        try:
            catalog.dataset(own.shown)
        except ValueError as error:
            gone.append(str(error))
            show_drawing()
    own.followed = st.session_state["data"]
    st.session_state["many"] = own.drawing.count
    return gone


def version() -> str:
    """Changes whenever the pad must take over a drawing that it has not made."""
    return str(own_data().changes)


def _take_strokes(strokes: Any) -> None:
    own = own_data()
    try:
        own.drawing = Drawing.from_json(strokes, own.drawing.count)
    except ValueError as error:
        own.troubles["draw"] = str(error)
        own.changes += 1  # so that the pad shows what stands
        return
    _draw()


def _draw() -> None:
    own = own_data()
    own.troubles.pop("draw", None)
    try:
        choose(catalog.name_of_drawing(own.drawing))
    except ValueError as error:  # no ink is left
        own.troubles["draw"] = str(error)
        own.shown = ""


@whole
def choose(name: str) -> None:
    """Make data of one's own those of every page."""
    own_data().shown = st.session_state["data"] = name
    st.session_state["model"] = "exact"
    if catalog.is_unlisted(name):
        st.session_state[controls.LATEST] = name


def show_drawing() -> None:
    """Fall back to what lies on the pad, or would if it were not empty."""
    own = own_data()
    try:
        own.shown = catalog.name_of_drawing(own.drawing)
    except ValueError:
        _start_anew()
    st.session_state["data"] = own.shown


def _start_anew() -> None:
    """Lay the example on the pad."""
    own = own_data()
    own.drawing, own.changes = drawing.smiley(), own.changes + 1
    own.shown = catalog.name_of_drawing(own.drawing)
    own.troubles.pop("draw", None)


@whole
def recount() -> None:
    """Take as many points as the control says, of what is shown."""
    own = own_data()
    own.drawing = replace(own.drawing, count=st.session_state["many"])
    if st.session_state["way"] == "image":
        take("image")
    else:
        _draw()


@whole
def take(way: str) -> None:
    """Take in an uploaded file, where there is one."""
    own, file = own_data(), st.session_state.get(f"{way} file")
    own.troubles.pop(way, None)
    if way == "csv":
        own.file = None
    if file is None:
        return
    name, data = plain(file.name) or "file", file.getvalue()
    try:
        if way == "image":
            _bring(name, _image_points(data))
        else:
            own.file = File(name, data, _table(data).proposed)
            take_columns()
    except ValueError as error:
        own.troubles[way] = str(error)


def take_columns(chosen: Columns | None = None) -> None:
    """Take the columns of the text file that were chosen, or as they are; what was shown stays where they are unfit."""
    own = own_data()
    assert own.file is not None
    own.troubles.pop("csv", None)
    own.file = replace(own.file, columns=chosen or own.file.columns)
    try:
        _bring(own.file.name, own_table.points(own.file.table, own.file.columns))
    except ValueError as error:
        own.troubles["csv"] = str(error)


@whole
def choose_columns() -> None:
    """Take the columns that the widgets name, and leave what has no widget as it is."""
    own, state = own_data(), st.session_state
    if own.file is None:
        return
    chosen, table = own.file.columns, own.file.table
    if table.width > 2:
        weights = None if state["csv weights"] == NO_WEIGHTS else state["csv weights"]
        chosen = replace(chosen, x=state["csv x"], y=state["csv y"], weights=weights)
    if table.asks_header:
        chosen = replace(chosen, header=state["csv header"])
    take_columns(chosen)


@kept(2)
def _table(data: bytes) -> Table:
    return own_table.open_table(data)


def plain(text: str) -> str:
    """Words of a user's file as a page can show them: short, and nothing in them that Markdown reads."""
    return re.sub(r"[^\w ,.-]", "", text)[:MAX_TITLE].strip()


def _bring(name: str, points: Any) -> None:
    choose(catalog.bring(points, f"{name} (your points)"))


def _image_points(data: bytes) -> Any:
    found = own_image.read_image(data, st.session_state["image ink"])
    return ink.points(found, own_data().drawing.count, torch.Generator().manual_seed(seeds.DRAWING))


@whole
def keep_points() -> None:
    """Keep what is shown under the name that was typed."""
    own, name, me = own_data(), st.session_state["points_name"].strip(), keeper.this_keeper()
    try:
        PointStore.of(me).save(name, catalog.dataset(own.shown).mixture.means, title=catalog.dataset(own.shown).title)
    except ValueError as error:
        st.session_state["complaint points"] = str(error)
    else:
        choose(f"{catalog.OWN}{me.named(name)}")


@whole
def delete(me: Keeper, name: str) -> None:
    """Delete points that the keeper has under that name: whose button it was, whatever the nickname is by now."""
    try:
        PointStore.of(me).delete(name)
    except ValueError as error:
        st.session_state["complaint points"] = str(error)
        return
    if own_data().shown == f"{catalog.OWN}{me.named(name)}":
        show_drawing()
