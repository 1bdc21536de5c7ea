"""What a session has searched for: failures are tried again, and a session that is gone leaves nothing behind."""

import threading
import time
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from streamlit.runtime.caching import clear_session_resource_cache
from streamlit.testing.v1 import AppTest

from ays_toy.data.counted import Stopped
from ays_toy.runs.comparison import Model
from ays_toy.ui import compute, findings, leaving
from ays_toy.ui.ending import Pool
from ays_toy.ui.findings import Asked
from ays_toy.ui.kept import kept
from ays_toy.ui.tasks import Tasks

ASKED = Asked(Model("gaussian"), "choice", "ddim", 3, "nll")


def test_a_search_that_failed_says_so_once_and_is_tried_again(monkeypatch):
    tries = []

    @kept(4)
    def flaky(asked):
        tries.append(asked)
        if len(tries) == 1:
            raise ValueError("The cluster is gone: start it, and try again.")
        return "found"

    monkeypatch.setattr(findings, "_searches", Tasks(flaky, Pool(1, "first"), Pool(1, "later")))
    monkeypatch.setattr(findings, "_wanted", {})
    with pytest.raises(ValueError, match="The cluster is gone"):
        findings.result(findings.choice(*ASKED[:1], *ASKED[2:]))
    assert findings.result(findings.choice(*ASKED[:1], *ASKED[2:])) == "found"
    assert len(tries) == 2


def wait_until(so):
    end = time.monotonic() + 30
    while not so():
        assert time.monotonic() < end
        time.sleep(0.01)


class Waiting:
    """Tasks and outcomes that nobody begins, and what is dropped of them."""

    def __init__(self, monkeypatch):
        self.dropped = []
        searches = SimpleNamespace(want=lambda _: Future(), drop=self.drop)
        monkeypatch.setattr(findings, "_searches", searches)
        monkeypatch.setattr(findings, "_wanted", {})
        monkeypatch.setattr(findings, "_drawn", {})
        monkeypatch.setattr(leaving, "AFTER", ())
        monkeypatch.setattr(leaving, "emptied", [])
        monkeypatch.setattr(compute, "stop", self.drop)

    def drop(self, futures):
        self.dropped += futures


def page():
    import streamlit as st
    from streamlit.runtime.caching import clear_session_resource_cache
    from test_findings import ASKED

    from ays_toy.ui import findings, leaving

    leaving.note()
    session = leaving.this_session()
    if st.session_state.get("closes"):  # while the page computes what comes before the next search
        clear_session_resource_cache(session)
    wanted, drawn = findings._under_way(ASKED), st.session_state.get("drawn")
    for one in drawn:  # two parts of a page may have the same schedule
        findings.hold({"edm": one})
    st.session_state["wanted"] = wanted
    st.text(session)


@pytest.mark.parametrize("closes", [False, True])
def test_a_session_that_is_gone_wants_nothing_even_where_it_went_while_its_page_ran(monkeypatch, closes):
    waiting, drawn = Waiting(monkeypatch), (Future(), Future())
    app = AppTest.from_function(page)
    app.session_state["closes"], app.session_state["drawn"] = closes, drawn
    app.run()
    assert not app.exception
    assert not waiting.dropped
    clear_session_resource_cache(app.text[0].value)  # as Streamlit does once the page has ended
    assert set(waiting.dropped) == {app.session_state["wanted"], *drawn}
    assert findings._wanted == findings._drawn == {}


@pytest.mark.parametrize("name", ["choice", "ays", "ld3"])
def test_a_search_whose_session_has_gone_on_to_something_else_ends_at_its_next_look_at_the_denoiser(monkeypatch, name):
    asked, held, calls = ASKED._replace(name=name), threading.Event(), []
    denoiser = asked.model.denoiser()

    def slow(_):
        def denoise(x, sigma):
            calls.append(sigma)
            assert held.wait(10)
            return denoiser(x, sigma)

        return denoise

    compute.one_pass(asked.model)  # AYS needs it, and nobody stops that: it is everybody's
    monkeypatch.setattr(Model, "denoiser", slow)
    monkeypatch.setattr(findings, "_wanted", {})
    found = findings._under_way(asked)
    wait_until(lambda: calls)
    findings._closed("")
    held.set()
    with pytest.raises(Stopped):
        found.result(10)
    assert len(calls) == 1
