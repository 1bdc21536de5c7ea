"""Who this session is where things are kept: on a shared server a nickname, which its links hold, and a browser's key.

The key is made for the first session of a browser, kept there as a cookie, and sent to nobody else.
"""

import re
import secrets
from typing import Any

import streamlit as st

from ays_toy import serving
from ays_toy.models.people import Keeper, check_nickname
from ays_toy.ui import record
from ays_toy.ui.whole import whole

COOKIE = "ays_browser"
FIELD = "nickname"  # of the pages' states
_KEY = re.compile(r"[\w-]{22}", re.ASCII)
_BOX = "nickname box"


def read_nickname(text: str) -> str:
    """The nickname in a link; none where things belong to nobody."""
    return check_nickname(text) if serving.current().shared else ""


def this_keeper() -> Keeper:
    """This session's."""
    if not serving.current().shared:
        return Keeper()
    return Keeper(record.this_session().values.get(FIELD, ""), browser_key())


def browser_key() -> str:
    """What tells this browser from all others."""
    known = st.context.cookies.get(COOKIE)
    if isinstance(known, str) and _KEY.fullmatch(known):
        return known
    key: str = st.session_state.setdefault("browser key", secrets.token_urlsafe(16))
    return key


def cookie() -> dict[str, str]:
    """What the browser is to remember: nothing where things belong to nobody."""
    return {"name": COOKIE, "key": browser_key()} if serving.current().shared else {}


def nickname(place: Any) -> None:
    """On a shared server, the field that says under which nickname things are kept."""
    if not serving.current().shared:
        return
    me = this_keeper()
    if st.session_state.get(_BOX) is None or "complaint nickname" not in st.session_state:
        st.session_state[_BOX] = me.nickname
    place.text_input(
        "Your nickname",
        key=_BOX,
        max_chars=20,
        placeholder="what you keep is kept under it",
        on_change=_choose,
        help="Whoever has a link sees what is kept under a nickname; only your browser can change or delete it.",
    )
    if words := st.session_state.pop("complaint nickname", None):
        place.caption(words)
    elif me.nickname and not me.owns:
        place.caption(f"**{me.nickname}** is somebody else's nickname: choose another to keep things of your own.")


@whole
def _choose() -> None:
    try:
        record.this_session().choose(FIELD, check_nickname(st.session_state[_BOX]))
    except ValueError as error:
        st.session_state["complaint nickname"] = str(error)
