"""Parts of a page that run by themselves, and what Streamlit needs for that on a busy machine.

A part that is asked for while the page's last run is still on its way to the browser must not cut that short, nor one
of a page that has been left clear the next one: what is lost so is never sent again, what is said later leads to places
that are not there, and the page stops for good. Nor may it have a person's click on another page forgotten.
"""

from collections import deque
from functools import cache
from weakref import WeakKeyDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests, ScriptRequestType

SOON = 0.02  # seconds, after which it is asked again whether a run has had its say


@cache
def keep_in_order() -> None:
    """Have a part wait for the run before it, lose nothing of what that said, and not run once its page was left."""
    _wait_for_the_run_before()
    _keep_what_is_on_its_way()
    _leave_out_what_was_left()
    _go_where_a_person_goes()


def _keep_what_is_on_its_way() -> None:
    """Send what was said before a part began as well as what the part says.

    Streamlit drops what that part has said before and the browser has not been sent, but not what parts within it said,
    nor what is said by name alone: those lead to places that were dropped.
    """
    clear = ForwardMsgQueue.clear

    def clear_queue(
        self: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        if fragment_ids_this_run is None:
            clear(self, retain_lifecycle_msgs)
        else:
            self._delta_index_map = {}  # what is said now stands behind the news that the part has begun

    ForwardMsgQueue.clear = clear_queue  # type: ignore[method-assign]


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


def _go_where_a_person_goes() -> None:
    """Have nothing of the page that is left take the place of the page that a person has chosen.

    Of two requests that wait for a run to end, Streamlit makes one, of the page of the second. So a timer of the page
    that is left, or what its run asks for itself, would have the click on another page forgotten.
    """
    ask = ScriptRequests._request_rerun_locked

    def request_rerun(self: ScriptRequests, new_data: RerunData) -> bool:
        chosen, asked = self._rerun_data, new_data.page_script_hash
        if self._state is ScriptRequestType.RERUN and not _parts_of(chosen) and _other(chosen.page_script_hash, asked):
            context = get_script_run_ctx(suppress_warning=True)
            if _parts_of(new_data) or (context and context.page_script_hash == asked):
                return True
        return ask(self, new_data)

    ScriptRequests._request_rerun_locked = request_rerun  # type: ignore[method-assign]


def _parts_of(data: RerunData) -> bool:
    return bool(data.fragment_id or data.fragment_id_queue)


def _other(page: str, another: str) -> bool:
    return bool(page and another and page != another)


def _wait_for_the_run_before() -> None:
    """Have a part wait for what its page's last run still has to say, and all that is asked for after it wait behind.

    Streamlit gives a part another runner once that of the last run has ended, and hears the last one no longer, though
    what it said may still wait for the server's event loop. What was asked for first has to come first: each says what
    all widgets of the page had then, and the last one's word counts.
    """
    at_once = AppSession.request_rerun
    waiting: WeakKeyDictionary[AppSession, deque[ClientState | None]] = WeakKeyDictionary()

    def go_on(self: AppSession) -> None:
        line = waiting[self]
        try:
            while line and not (_of_a_part(line[0]) and _has_more_to_say(self)):
                at_once(self, line.popleft())
        finally:
            if line:
                self._event_loop.call_later(SOON, go_on, self)

    def request_rerun(self: AppSession, client_state: ClientState | None) -> None:
        line = waiting.setdefault(self, deque())
        line.append(client_state)
        if len(line) == 1:
            go_on(self)

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign]


def _of_a_part(state: ClientState | None) -> bool:
    return state is not None and bool(state.fragment_id)


def _has_more_to_say(session: AppSession) -> bool:
    """Whether a session's last run has ended, and is still heard."""
    runner = session._scriptrunner
    return runner is not None and runner._requests._state is ScriptRequestType.STOP
