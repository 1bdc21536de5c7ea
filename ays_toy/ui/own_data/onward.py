"""Where one's own data go: to the other pages, into what is kept under a name, or along in a link."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from ays_toy.models import catalog
from ays_toy.models.people import Keeper
from ays_toy.models.store import PointStore, Saved
from ays_toy.ui import keeper
from ays_toy.ui.own_data import brought
from ays_toy.ui.train import keeping

PAGES = ("explore", "train", "optimize")
FEW, MOST_HEIGHT = 4, 220  # kept points, beyond which their list scrolls, and its height in pixels then


def offer() -> None:
    """Use the data on the other pages, keep them under a name, or take them along in a link."""
    own = brought.own_data()
    row = st.container(horizontal=True)
    _pages(row, own.shown, "shown", PAGES, icon=":material/arrow_forward:", disabled=not own.shown)
    if not own.shown:
        return
    st.caption(f"**{catalog.dataset(own.shown).title}.** {_travels(own.shown)}")
    if not own.shown.startswith(catalog.OWN):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        row.text_input("Keep these points as", key="points_name", placeholder="a name of your choice", max_chars=40)
        row.button("Keep", icon=":material/save:", key="keep points", on_click=brought.keep_points)
    keeping.complaint("points")


def _travels(name: str) -> str:
    if name.startswith(catalog.DRAWN):
        if st.session_state["data"] != name:
            return (
                "An example lies on the pad: draw on it, or clear it. The address of the page then holds your drawing."
            )
        return "The address of this page holds your drawing: whoever opens it, on any page, has these points."
    if name.startswith(catalog.POINTS):
        return "The address of this page holds these points: whoever opens it, on any page, has them."
    if name.startswith(catalog.OWN):
        return "Kept on this server by name: a link to them works here alone."
    if catalog.dataset(name).title == catalog.DRAWN_TITLE:
        return "This drawing is too detailed to travel in a link: keep it under a name, or draw it in fewer strokes."
    return "Too many points to travel in a link: keep them under a name, or they are gone when the server ends."


def _pages(row: Any, name: str, key: str, pages: Iterable[str], **look: Any) -> None:
    for page in pages:
        if row.button(page.capitalize(), key=f"{page} {key}", on_click=brought.choose, args=(name,), **look):
            st.switch_page(f"pages/{page}.py")


def saved() -> None:
    """The points that are kept, with ways to use and to delete them."""
    keeper.nickname(st)
    me = keeper.this_keeper()
    kept = PointStore.of(me).list()
    if not kept:
        return
    st.markdown("#### Kept")
    with st.container(height=MOST_HEIGHT if len(kept) > FEW else "content", border=False):
        for one in kept:
            _saved(one, me)


def _saved(one: Saved, me: Keeper) -> None:
    row, name = st.container(horizontal=True, vertical_alignment="center"), f"{catalog.OWN}{me.named(one.name)}"
    row.markdown(f"**{one.name}** · {one.about.get('points', 0):,} points · {one.size / 1000:,.0f} kB")
    row.button("Show", key=f"show {name}", on_click=brought.choose, args=(name,), type="tertiary")
    _pages(row, name, name, PAGES[:2], type="tertiary")
    if not me.owns:
        return
    row.button(
        "",
        icon=":material/delete:",
        key=f"delete points {me.named(one.name)}",
        help=f"Delete the points “{one.name}”",
        on_click=brought.delete,
        args=(me, one.name),
        type="tertiary",
    )
