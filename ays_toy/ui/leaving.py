"""Memory that is given back when everybody has left: results that can be made again, and what the allocator holds.

The C library keeps what was freed, for the next who ask, and on a server that stands idle after a class that is of no
use to anyone.
"""

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy.ui.kept import REST_BYTES, keep_within

EARLY = 0.5  # seconds by which a clock may be
AFTER = (5.0, 60.0)  # seconds since the last one left, whose last run may have gone on for a while

closing: list[Callable[[str], None]] = []  # what else is to be done with the name of a session that is closed
emptied: list[tuple[float, Callable[[], None]]] = []  # and what where nobody has been there for so many seconds
_here: set[str] = set()
_since = 0.0  # when the last one left
_lock = threading.Lock()


def _closed(session: str) -> None:
    global _since
    with _lock:
        _here.discard(session)
        left, _since = not _here, time.monotonic()
    for also in closing:
        also(session)
    if left:
        for seconds, do in [*((seconds, _give_back) for seconds in AFTER), *emptied]:
            timer = threading.Timer(seconds, _where_nobody_came, (seconds, do))
            timer.daemon = True
            timer.start()


@st.cache_resource(scope="session", show_spinner=False, on_release=_closed)
def _until_closed(session: str) -> str:
    with _lock:
        _here.add(session)
    return session  # kept by Streamlit for as long as the session is connected


def note() -> None:
    """Let the server know that this session is here, until it is closed."""
    if session := this_session():
        _until_closed(session)


def this_session() -> str:
    """The session's name; empty outside of any."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def _where_nobody_came(seconds: float, do: Callable[[], None]) -> None:
    with _lock:
        empty = not _here and time.monotonic() > _since + seconds - EARLY
    if empty:
        do()


def _give_back() -> None:
    keep_within(REST_BYTES)
    gc.collect()
    trim()


def trim() -> bool:
    """Have the C library give back to the system what it holds and nobody uses -> whether it can."""
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL("libc.so.6").malloc_trim(0))
    except (OSError, AttributeError):  # another C library than GNU's, which gives back by itself
        return False
