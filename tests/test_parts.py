"""A part of a page that runs by itself arrives, and all of the page around it, also on a server that lags behind."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.testing.v1 import AppTest

from ays_toy.ui import parts
from ays_toy.ui.parts import part

LARGE = "word " * 4000  # more than what Streamlit sends once only


def page() -> None:
    """Two parts, and what is outside them, for a browser that has everything since an earlier run."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from ays_toy.ui.parts import part
    from tests.test_parts import LARGE

    class All(frozenset):
        def __contains__(self, _: object) -> bool:
            return True

    get_script_run_ctx().cached_message_hashes = All()
    part(lambda: st.container().text(LARGE + "ours"), then=lambda: st.text(LARGE + "then"))()
    st.fragment(lambda: st.text(LARGE + "theirs"))()
    st.text(LARGE + "outside")


def test_a_part_is_sent_whole_and_what_is_outside_by_name() -> None:
    shown = AppTest.from_function(page, default_timeout=60).run()
    assert not shown.exception
    assert [one.value.split()[-1] for one in shown.text] == ["ours"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_name_is_what_outlives_the_run_it_belongs_to(whole: bool) -> None:
    """Why a part is sent whole; once this fails for names, Streamlit has mended it."""
    queue, here, within = ForwardMsgQueue(), ForwardMsg(), ForwardMsg()
    here.delta.fragment_id = "part"
    here.delta.add_block.allow_empty = True
    if whole:
        within.delta.fragment_id = "part"
        within.delta.new_element.text.body = LARGE
    else:
        within.ref_hash = "name"
    for at, message in enumerate((here, within)):
        message.metadata.delta_path.extend([0, 0][: at + 1])
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["part"])
    assert [message.WhichOneof("type") for message in queue.flush()] == ([] if whole else ["ref_hash"])


def test_every_part_is_such_a_part() -> None:
    ours = Path(part.__code__.co_filename)
    project = ours.parents[2]
    files = [file for folder in ("ays_toy", "pages") for file in (project / folder).rglob("*.py")]
    assert [file for file in files if "st.fragment" in file.read_text()] == [ours]


def asked(session: Any, of_part: str) -> ClientState:
    """Ask a session for a run of a part, or of the page -> what was asked."""
    state = ClientState(fragment_id=of_part)
    AppSession.request_rerun(session, state)
    return state


@pytest.mark.parametrize("of_part", ["part", ""])
def test_a_part_waits_until_the_run_before_it_has_had_its_say(monkeypatch: pytest.MonkeyPatch, of_part: str) -> None:
    told: list[str] = []

    def run(_: Any, state: ClientState | None) -> None:
        assert state is not None
        told.append(state.fragment_id or "page")

    monkeypatch.setattr(AppSession, "request_rerun", run)
    parts._wait_for_the_run_before()

    async def lagging() -> None:
        requests = ScriptRequests()
        requests.on_scriptrunner_ready()  # it has nothing more to run
        session = SimpleNamespace(
            _scriptrunner=SimpleNamespace(_requests=requests), _event_loop=asyncio.get_running_loop()
        )
        session.request_rerun = lambda state: AppSession.request_rerun(session, state)  # type: ignore[arg-type]

        def heard() -> None:
            told.append("heard")
            session._scriptrunner = None

        session._event_loop.call_later(0.05, heard)
        asked(session, of_part)
        await asyncio.sleep(0.2)

    with ThreadPoolExecutor() as other:  # browser tests leave a loop of theirs running in this thread
        other.submit(asyncio.run, lagging()).result()
    assert told == (["heard", "part"] if of_part else ["page", "heard"]), "a page needs nothing of its last run"


@pytest.mark.parametrize("runner", [None, SimpleNamespace(_requests=ScriptRequests())])
def test_a_part_runs_at_once_where_nothing_lags(monkeypatch: pytest.MonkeyPatch, runner: Any) -> None:
    told: list[ClientState | None] = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda _, state: told.append(state))
    parts._wait_for_the_run_before()
    state = asked(SimpleNamespace(_scriptrunner=runner), "part")
    assert told == [state]


@pytest.mark.parametrize(
    ("made", "names"),
    [(AppSession.__init__, {"_scriptrunner", "_event_loop"}), (ScriptRunner.__init__, {"_requests"})],
)
def test_streamlit_still_has_what_that_looks_at(made: Callable[..., None], names: set[str]) -> None:
    assert names <= set(made.__code__.co_names)
    assert "_state" in vars(ScriptRequests())
