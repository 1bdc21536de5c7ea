"""The pieces of the Teach page: prepared links for a class, how to make one's own, and where answers go."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from ays_toy.ui import codec, settings
from ays_toy.ui.front import TITLES
from ays_toy.ui.teaching import dialog, share
from ays_toy.ui.teaching.prepared import PREPARED, Prepared
from ays_toy.ui.teaching.share import ClassLink
from ays_toy.ui.view import Shared

COLUMNS = 3
REPORT = "python -m ays_toy class report answers/"


@dataclass(frozen=True)
class TeachView:
    """The Teach page's state: only what all pages share."""


def links() -> None:
    """Every prepared link with its task, to be opened, shown and printed."""
    for first in range(0, len(PREPARED), COLUMNS):
        columns = st.columns(COLUMNS, gap="small")
        for column, one in zip(columns, PREPARED[first : first + COLUMNS], strict=False):
            _link(column, one)


def _link(column: Any, one: Prepared) -> None:
    box = column.container(border=True, height="stretch", key=f"prepared_{PREPARED.index(one)}")
    box.markdown(f"**{one.title}**")
    box.markdown(one.task)
    row = box.container(horizontal=True, gap="small")
    row.link_button(f"Open {TITLES[one.page]}", share.address(one.page, one.query), icon=":material/open_in_new:")
    about = f"{one.title}: the link, its QR code and a sheet to print"
    if row.button("Code and sheet", icon=":material/qr_code_2:", key=f"code {one.title}", help=about):
        _code(one)


def of(one: Prepared) -> ClassLink:
    """The prepared link as a sheet has it."""
    state, _ = codec.from_query(Shared, one.state)
    told = {name: getattr(state, name) for name in one.state if hasattr(state, name)}
    return ClassLink(one.title, share.address(one.page, one.query), one.task, settings.told(told))


@st.dialog("A link for your class", width="medium")
def _code(one: Prepared) -> None:
    link = of(one)
    st.markdown(f"**{link.title}.** {link.task}")
    dialog.show(link)


def own_link() -> None:
    """How to make a link of one's own."""
    st.markdown("#### A link of your own")
    st.markdown(
        "1. Set a page up as your class should find it: data, steps, even an attempt or a place in a lesson.\n"
        "2. Press **Class link** beside **Glossary**, and take the tick from the controls that it should not find. "
        "What is hidden keeps its value; whoever wants it back finds *Show all* in the sidebar.\n"
        "3. Tick **Present** for the projector: large type, no sidebar, figures as wide as the wall.\n"
        "4. Copy the link, show its code, or print the sheet with your task on it."
    )
    st.caption(
        "By hand: `hide=seed,columns` in an address hides the controls of those fields, and `present=1` presents. A "
        "class that opens one link sees the same numbers: noise comes from the seed in it."
    )


def answers() -> None:
    """Where the answers of a class go, and what is made of them."""
    st.markdown("#### Where answers go")
    st.markdown(
        "Nowhere by themselves. The Learn page ends with six questions, before the lessons and after; each learner "
        "downloads a file of answers and hands it to you. Put the files into one folder, and see what the class "
        "gained, with 95 % intervals:"
    )
    st.code(REPORT, language=None)
