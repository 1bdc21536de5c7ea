"""A link for a class: the address of a page as a visitor reaches it, its QR code, and what it sets, in words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import segno
import streamlit as st

from ays_toy.ui import codec, keeper, presenting, record, settings
from ays_toy.ui.front import TITLES
from ays_toy.ui.lessons import course
from ays_toy.ui.view import Shared

HERE = "http://localhost:8501"  # where no browser says under which address it reaches the app
MOST_IN_CODE = 900  # characters of a link whose code a phone still reads from a wall
MOST_IN_TASK = 300  # characters of a task


@dataclass(frozen=True)
class ClassLink:
    """A link and what a sheet says beside it: the page's title, a task, and what is set, in words by their label."""

    title: str
    address: str
    task: str = ""
    settings: Mapping[str, str] | None = None

    @property
    def code(self) -> segno.QRCode | None:
        """Its QR code, none of a link that is too long for one to be read."""
        return segno.make(self.address, error="m", micro=False) if len(self.address) <= MOST_IN_CODE else None


def home() -> str:
    """The address of the app under which this visitor reaches it, without a page; a proxy may have it in a folder."""
    here = urlsplit(st.context.url or HERE)
    folders = [part for part in here.path.split("/") if part]
    if folders and folders[-1] in TITLES:
        folders.pop()
    return urlunsplit((here.scheme, here.netloc, "/".join(["", *folders]), "", ""))


def address(page: str, query: Mapping[str, str]) -> str:
    """The address of a page for this visitor."""
    text = urlencode(query, safe=",:", quote_via=quote)
    return f"{home()}/{page}{'?' if text else ''}{text}"


def of_this_page(page: str, hidden: Collection[str], presents: bool, task: str) -> ClassLink:
    """The link to what this session's page shows, with those controls hidden; whose session it is stays here."""
    session = record.this_session()
    left_out = {record.HIDE, presenting.FIELD, keeper.FIELD, course.DONE}
    query = {name: text for name, text in (session.address or {}).items() if name not in left_out}
    query |= codec.to_query(Shared(hide=tuple(hidden), present=int(presents)))
    told = {name: session.stand_ins.get(name, value) for name, value in session.values.items() if name in session.asked}
    return ClassLink(TITLES[page], address(page, query), task.strip()[:MOST_IN_TASK], settings.told(told))
