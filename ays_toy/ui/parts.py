"""Parts of a page that run by themselves, and what Streamlit needs for that on a busy machine.

A part that is asked for while the page's last run is still on its way to the browser must not cut that short, nor one
of a page that has been left clear the next one: what is lost so is never sent again, what a part says later leads to
places that are not there, and the page stops for good.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import ParamSpec

import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
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
    """Have a part wait until the run before it has had its say, and not run once its page has been left."""
    _wait_for_the_run_before()
    _leave_out_what_was_left()


def _leave_out_what_was_left() -> None:
    """Drop what was asked of the page before.

    While the next page is on its way, the browser's timers may still ask for a part of the last one. Streamlit then
    says that the last page begins again, upon which the browser clears the next one, and has no such part to run.
    """
    run = ScriptRunner._run_script

    def run_script(self: ScriptRunner, rerun_data: RerunData) -> None:
        context = get_script_run_ctx()
        here = context.page_script_hash if context else ""
        if not (rerun_data.fragment_id_queue and here and here != rerun_data.page_script_hash):
            run(self, rerun_data)

    ScriptRunner._run_script = run_script  # type: ignore[method-assign]


def _wait_for_the_run_before() -> None:
    """Have a part wait for what its page's last run still has to say.

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
