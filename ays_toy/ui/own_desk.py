"""What a session has drawn or brought, taken in, checked, and chosen as the data of every page.

What the page of one's own data shows is a name of the catalog, as everywhere: what is on the pad, or was brought last.
Where the pad has been cleared nothing is shown and nothing can go on; the other pages keep the data that they had.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st
import torch

from ays_toy import catalog, drawing, ink, own_image, own_points
from ays_toy.drawing import Drawing
from ays_toy.store import PointStore
from ays_toy.ui import controls, record
from ays_toy.ui.components.draw import last_drawing

PAD = "pad"  # the component's key
MAX_TITLE = 30  # characters of a file's name


@dataclass
class Desk:
    """What this session has drawn or brought; `changes` counts the drawings that the pad has not made itself."""

    drawing: Drawing = field(default_factory=drawing.smiley)
    shown: str = ""  # the name of the data that the page shows; none: the pad has been cleared
    followed: str = ""  # the data of all pages when they were last looked at
    changes: int = 0
    seen: Any = None  # the pad's last drawing that was looked at
    troubles: dict[str, str] = field(default_factory=dict)  # by way, one sentence each


def desk() -> Desk:
    """This session's."""
    if "own desk" not in st.session_state:
        one = Desk()
        one.shown = catalog.draw(one.drawing)
        st.session_state["own desk"] = one
    return st.session_state["own desk"]


def settle() -> list[str]:
    """Take in what the pad, a link or another page did -> sentences on what is gone; before the widgets are drawn."""
    one, chosen, gone = desk(), st.session_state["data"], []
    if catalog.is_own(chosen) and chosen not in (one.shown, one.followed):
        one.shown, way = chosen, st.session_state["way"]
        one.troubles.pop("draw", None)
        if chosen.startswith(catalog.DRAWN):
            one.drawing = drawing.decode(chosen.removeprefix(catalog.DRAWN))
            one.changes += 1
            way = "draw"
        elif chosen.startswith(catalog.POINTS):
            way = "csv"
        if "way" not in record.this_session().linked:
            st.session_state["way"] = way
    elif record.went_back() and not catalog.is_own(chosen):
        _start_anew()
    said = last_drawing(PAD)
    if said is not None and said != one.seen:
        one.seen = said
        if said[1] == version():  # and not of a drawing that has been replaced since
            _take_strokes(said[0])
    if one.shown:
        try:
            catalog.dataset(one.shown)
        except ValueError as error:
            gone.append(str(error))
            show_drawing()
    one.followed = st.session_state["data"]
    st.session_state["many"] = one.drawing.count
    return gone


def version() -> str:
    """Changes whenever the pad must take over a drawing that it has not made."""
    return str(desk().changes)


def _take_strokes(strokes: Any) -> None:
    one = desk()
    try:
        one.drawing = Drawing.from_json(strokes, one.drawing.count)
    except ValueError as error:
        one.troubles["draw"] = str(error)
        one.changes += 1  # so that the pad shows what stands
        return
    _draw()


def _draw() -> None:
    one = desk()
    one.troubles.pop("draw", None)
    try:
        choose(catalog.draw(one.drawing))
    except ValueError as error:  # no ink is left
        one.troubles["draw"] = str(error)
        one.shown = ""


def choose(name: str) -> None:
    """Make data of one's own those of every page."""
    desk().shown = st.session_state["data"] = name
    st.session_state["model"] = "exact"
    if catalog.is_unlisted(name):
        st.session_state[controls.LATEST] = name


def show_drawing() -> None:
    """Fall back to what lies on the pad, or would if it were not empty."""
    one = desk()
    try:
        one.shown = catalog.draw(one.drawing)
    except ValueError:
        _start_anew()
    st.session_state["data"] = one.shown


def _start_anew() -> None:
    """Lay the example on the pad."""
    one = desk()
    one.drawing, one.changes = drawing.smiley(), one.changes + 1
    one.shown = catalog.draw(one.drawing)
    one.troubles.pop("draw", None)


def recount() -> None:
    """Take as many points as the control says, of what is shown."""
    one = desk()
    one.drawing = replace(one.drawing, count=st.session_state["many"])
    if st.session_state["way"] == "image":
        take("image")
    else:
        _draw()


def take(way: str) -> None:
    """Take in an uploaded file, where there is one."""
    one, file = desk(), st.session_state.get(f"{way} file")
    one.troubles.pop(way, None)
    if file is None:
        return
    read: dict[str, Callable[[bytes], Any]] = {"image": _image_points, "csv": own_points.read_csv}
    name = re.sub(r"[^\w .-]", "", file.name)[:MAX_TITLE].strip() or "file"
    try:
        choose(catalog.bring(read[way](file.getvalue()), f"{name} (your points)"))
    except ValueError as error:
        one.troubles[way] = str(error)


def _image_points(data: bytes) -> Any:
    found = own_image.read_image(data, st.session_state["image ink"])
    return ink.points(found, desk().drawing.count, torch.Generator().manual_seed(drawing.SEED))


def keep() -> None:
    """Keep what is shown under the name that was typed."""
    one, name = desk(), st.session_state["points_name"].strip()
    try:
        PointStore().save(name, catalog.dataset(one.shown).mixture.means, title=catalog.dataset(one.shown).title)
    except ValueError as error:
        st.session_state["complaint points"] = str(error)
    else:
        choose(f"{catalog.OWN}{name}")


def delete(name: str) -> None:
    """Delete the kept points of that name."""
    PointStore().delete(name)
    if desk().shown == f"{catalog.OWN}{name}":
        show_drawing()
