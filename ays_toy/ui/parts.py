"""Parts of a page that run by themselves, and what Streamlit needs for that on a busy machine.

A part that is asked for while the page's last run is still on its way to the browser must not cut that short: what is
lost of it is never sent again, the part's own words lead to places that were never made, and the page stops for good.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import ParamSpec

import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

P = ParamSpec("P")
SOON = 0.02  # seconds, after which it is asked again whether a run has had its say


@contextmanager
def _sent_whole() -> Iterator[None]:
    """What is drawn here is sent, and not the word that the browser has it since an earlier run.

    Where a part runs again before its last run was sent, Streamlit drops that run, but for such words: they do not say
    of which part they are.
    """
    context = get_script_run_ctx()
    if context is None:
        yield
        return
    known, context.cached_message_hashes = context.cached_message_hashes, frozenset()
    try:
        yield
    finally:
        context.cached_message_hashes = known


def part(
    draw: Callable[P, None], *, every: float | None = None, then: Callable[[], None] = lambda: None
) -> Callable[P, None]:
    """A part of the page that runs without the rest, every so many seconds or when something in it is used.

    What asks for the whole page anew is done `then`, or all of that would be sent whole as well.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        with _sent_whole():
            draw(*args, **kwargs)
        then()

    return st.fragment(drawn, run_every=every)


@cache
def keep_in_order() -> None:
    """Have a part wait until the run before it has had its say.

    Streamlit gives a part another runner once that of the last run has ended, and hears the last one no longer, though
    what it said may still wait for the server's event loop.
    """
    at_once = AppSession.request_rerun

    def request_rerun(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and client_state.fragment_id and _has_more_to_say(self):
            self._event_loop.call_later(SOON, self.request_rerun, client_state)
        else:
            at_once(self, client_state)

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign]


def _has_more_to_say(session: AppSession) -> bool:
    """Whether a session's last run has ended, and is still heard."""
    runner = session._scriptrunner
    return runner is not None and runner._requests._state is ScriptRequestType.STOP
