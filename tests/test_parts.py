"""A part of a page that runs by itself arrives, and all of the page around it, also on a server that lags behind."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests

from ays_toy.ui import parts


def said(path: list[int], of_part: str, name: str = "") -> ForwardMsg:
    """A container at a place of a page that a part says, or what the browser knows by name."""
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    if name:
        message.ref_hash = name
    else:
        message.delta.fragment_id = of_part
        message.delta.add_block.allow_empty = True
    return message


@pytest.mark.parametrize("ours", [True, False])
def test_nothing_that_is_on_its_way_is_lost_when_a_part_runs_again(monkeypatch: pytest.MonkeyPatch, ours: bool) -> None:
    """Streamlit's own way leaves what is within places that it drops; once this fails for it, it has mended that."""
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)  # put back afterwards, whatever it is
    if ours:
        parts._keep_what_is_on_its_way()
    queue = ForwardMsgQueue()
    outer, inner, known = said([0, 4], "outer"), said([0, 4, 0], "inner"), said([0, 4, 1], "", "hash")
    for message in (outer, inner, known):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["outer"])
    begun, again = ForwardMsg(), ForwardMsg()
    begun.new_session.name = "outer"
    again.CopyFrom(said([0, 4, 1], "outer"))
    queue.enqueue(begun)
    queue.enqueue(again)
    assert queue.flush() == ([outer, inner, known, begun, again] if ours else [inner, known, begun, again])
    assert queue.is_empty()


def test_a_run_of_the_whole_page_drops_what_it_says_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)
    parts._keep_what_is_on_its_way()
    queue = ForwardMsgQueue()
    queue.enqueue(said([0, 4], "part"))
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()


class Session:
    """What is looked at of one: its last run has ended, but is heard only in a while."""

    def __init__(self, runner: Any) -> None:
        self._scriptrunner = runner
        with suppress(RuntimeError):
            self._event_loop = asyncio.get_running_loop()


def asked(session: Any, of_part: str) -> ClientState:
    """Ask a session for a run of a part, or of the page -> what was asked."""
    state = ClientState(fragment_id=of_part)
    AppSession.request_rerun(session, state)
    return state


def lagging(monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[..., Any], asking: list[str]) -> list[str]:
    """Ask a session for parts, or the page, while its last run is still to be heard -> in what order things come.

    The part "bad" cannot be run.
    """
    told: list[str] = []

    def run(_: Any, state: ClientState | None) -> None:
        assert state is not None
        told.append(state.fragment_id or "page")
        if state.fragment_id == "bad":
            raise OSError

    monkeypatch.setattr(AppSession, "request_rerun", run)
    parts._wait_for_the_run_before()

    async def ask() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        requests = ScriptRequests()
        requests.on_scriptrunner_ready()  # it has nothing more to run
        session = Session(SimpleNamespace(_requests=requests))

        def heard() -> None:
            told.append("heard")
            session._scriptrunner = None

        session._event_loop.call_later(0.05, heard)
        for of_part in asking:
            asked(session, of_part)
        await asyncio.sleep(0.2)

    elsewhere(asyncio.run, ask())
    return told


ORDERS = [
    (["part"], ["heard", "part"]),
    ([""], ["page", "heard"]),  # a page needs nothing of its last run
    (["part", "", "other"], ["heard", "part", "page", "other"]),
    (["bad", "good"], ["heard", "bad", "good"]),  # what cannot be run stops nothing behind it
]


@pytest.mark.parametrize(("asking", "order"), ORDERS)
def test_a_part_waits_until_the_run_before_it_has_had_its_say_and_nobody_passes_it(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[..., Any], asking: list[str], order: list[str]
) -> None:
    """What is asked for says what the widgets had then: taken later, it would take back what was chosen meanwhile."""
    assert lagging(monkeypatch, elsewhere, asking) == order


@pytest.mark.parametrize("runner", [None, SimpleNamespace(_requests=ScriptRequests())])
def test_a_part_runs_at_once_where_nothing_lags(monkeypatch: pytest.MonkeyPatch, runner: Any) -> None:
    told: list[ClientState | None] = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda _, state: told.append(state))
    parts._wait_for_the_run_before()
    state = asked(Session(runner), "part")
    assert told == [state]


@pytest.mark.parametrize(
    ("made", "names"),
    [(AppSession.__init__, {"_scriptrunner", "_event_loop"}), (ScriptRunner.__init__, {"_requests"})],
)
def test_streamlit_still_has_what_that_looks_at(made: Callable[..., None], names: set[str]) -> None:
    assert names <= set(made.__code__.co_names)
    assert "_state" in vars(ScriptRequests())


PENDING = [
    (RerunData(page_script_hash="train"), RerunData(page_script_hash="explore", fragment_id="look"), "", "train"),
    (RerunData(page_script_hash="train"), RerunData(page_script_hash="explore"), "explore", "train"),  # st.rerun
    (RerunData(page_script_hash="explore"), RerunData(page_script_hash="train"), "", "train"),  # the later click
    (RerunData(page_script_hash="train"), RerunData(page_script_hash="explore"), "", "explore"),  # and so back again
    (RerunData(page_script_hash="explore"), RerunData(page_script_hash="data"), "explore", "data"),  # st.switch_page
    (RerunData(page_script_hash="explore", fragment_id="look"), RerunData(page_script_hash="train"), "", "train"),
    (RerunData(page_script_hash="explore"), RerunData(page_script_hash="explore", fragment_id="look"), "", "explore"),
]


@pytest.mark.parametrize(("first", "second", "running", "goes"), PENDING)
def test_nothing_of_a_page_that_is_left_takes_the_place_of_the_page_that_was_chosen(
    monkeypatch: pytest.MonkeyPatch, first: RerunData, second: RerunData, running: str, goes: str
) -> None:
    monkeypatch.setattr(ScriptRequests, "_request_rerun_locked", ScriptRequests._request_rerun_locked)
    if ScriptRequests._request_rerun_locked.__module__ != parts.__name__:
        parts._go_where_a_person_goes()
    context = SimpleNamespace(page_script_hash=running) if running else None
    monkeypatch.setattr(parts, "get_script_run_ctx", lambda **_: context)
    requests = ScriptRequests()
    assert requests.request_rerun(first)
    assert requests.request_rerun(second)
    asked = requests.on_scriptrunner_yield()
    assert asked
    assert asked.rerun_data.page_script_hash == goes
    assert not (goes == "train" and asked.rerun_data.fragment_id_queue), "the whole page"
