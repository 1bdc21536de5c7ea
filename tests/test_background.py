"""A session's side of the jobs: whole under Streamlit's interruptions, apart from other sessions, left at its end."""

import threading
from collections.abc import MutableMapping
from types import SimpleNamespace

import pytest
from streamlit.runtime.caching import clear_session_resource_cache
from streamlit.testing.v1 import AppTest

from ays_toy.ui import background
from ays_toy.ui.job_queue import JobQueue
from ays_toy.ui.jobs import State


class Interrupted(Exception):
    """As Streamlit raises where it begins the next run of a page."""


class SessionState(MutableMapping):
    """A session's state that ends the run of the page when it is asked for the n-th time."""

    def __init__(self):
        self.values, self.left = {}, None

    def interrupt(self, at):
        self.left = at

    def asked(self):
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise Interrupted
        return self.values

    def __getitem__(self, key):
        return self.asked()[key]

    def __setitem__(self, key, value):
        self.asked()[key] = value

    def __delitem__(self, key):
        del self.asked()[key]

    def __iter__(self):
        return iter(self.asked())

    def __len__(self):
        return len(self.asked())


class Sessions:
    """Sessions by name, one of which is the one whose page runs."""

    def __init__(self, monkeypatch):
        self.queue, self.states, self.gate = JobQueue(3), {}, threading.Semaphore(0)
        monkeypatch.setattr(background, "queue", lambda: self.queue)
        monkeypatch.setattr(background, "watcher", lambda: self.name)
        monkeypatch.setattr(background, "st", SimpleNamespace())

    def run(self, name):
        self.name = name
        background.st.session_state = self.states.setdefault(name, SessionState())
        return background.st.session_state

    def work(self, stop):
        for k in range(1, 101):
            self.gate.acquire(timeout=10)
            yield SimpleNamespace(share=k / 100)
            if stop():
                yield SimpleNamespace(share=k / 100)


@pytest.fixture
def sessions(monkeypatch):
    made = Sessions(monkeypatch)
    yield made
    for job in made.queue._active:
        for name in list(job.watchers):
            made.queue.leave(job, name)
    made.gate.release(1000)


def ended(job):
    waiter = threading.Event()
    for _ in range(5000):
        if job.progress.finished and not job.active:
            return job.progress
        waiter.wait(0.002)
    raise AssertionError("waited in vain")


def test_a_session_that_pauses_shared_work_sees_it_rest_while_it_goes_on(sessions):
    sessions.run("a")
    mine = background.start("slot", "key", sessions.work)
    sessions.run("b")
    yours = background.start("slot", "key", sessions.work)
    assert yours.job is mine.job
    sessions.run("a")
    background.pause("slot")
    assert (mine.progress.state, yours.job.progress.finished) == (State.STOPPED, False)
    sessions.run("b")
    background.pause("slot")
    sessions.gate.release()
    assert ended(mine.job).state is State.STOPPED
    sessions.run("a")
    background.resume("slot")
    assert not mine.progress.finished
    assert mine.job.watchers == {"a"}
    background.clear("slot")
    assert background.current("slot") is None
    sessions.gate.release()
    assert ended(mine.job).state is State.STOPPED


def test_what_takes_the_place_of_other_work_stops_that_and_not_itself(sessions):
    sessions.run("a")
    first = background.start("slot", "one", sessions.work).job
    assert background.start("slot", "one", sessions.work).job is first
    assert first.watchers == {"a"}
    elsewhere = background.start("another slot", "three", sessions.work).job
    second = background.start("slot", "two", sessions.work).job
    assert (first.watchers, second.watchers, elsewhere.watchers) == (set(), {"a"}, {"a"})
    assert background.current("slot").job is second


def test_what_takes_the_place_of_other_work_needs_no_room_beside_it(sessions, monkeypatch):
    monkeypatch.setattr(background, "_most", lambda: 1)
    sessions.run("a")
    first = background.start("slot", "one", sessions.work).job
    assert background.start("another slot", "two", sessions.work) is None
    assert "stop one of them first" in background.refused("another slot")
    assert background.start("slot", "three", sessions.work).job.watchers == {"a"}
    assert not first.watchers


def test_a_session_finds_once_what_one_that_is_gone_has_left_in_the_slot(sessions):
    there = {"before"}
    sessions.queue.present = there.__contains__
    sessions.run("before")
    left = background.start("slot", "key", sessions.work)
    there.clear()
    sessions.run("again")
    assert not background.take_up("another slot", "other key")
    assert background.take_up("slot", "other key", "key")
    assert background.current("slot").job is left.job
    assert left.job.watchers == {"again"}
    background.clear("slot")
    sessions.gate.release()
    assert ended(left.job).state is State.STOPPED
    assert not background.take_up("slot", "key")
    assert background.current("slot") is None
    sessions.run("third")
    assert not background.take_up("slot", "key")  # it was let go


@pytest.mark.parametrize("at", range(1, 7))
def test_wherever_streamlit_ends_a_run_the_session_knows_all_that_it_watches(sessions, at):
    state = sessions.run("a")

    def known():
        state.interrupt(None)
        watch = background.current("slot")
        return all(watch and job is watch.job for job in sessions.queue._active if job.watchers)

    steps = (
        lambda: background.start("slot", "one", sessions.work),
        lambda: background.start("slot", "two", sessions.work),
        lambda: background.pause("slot"),
        lambda: background.resume("slot"),
        lambda: background.start("slot", "one", sessions.work),
        lambda: background.clear("slot"),
    )
    for step in steps:
        state.interrupt(at)
        try:
            step()
        except Interrupted:
            assert known()
            step()  # the page runs again
        assert known()
        if step is not steps[2]:  # the others are there to be watched, and the last to watch nothing
            assert any(job.watchers for job in sessions.queue._active) == (step is not steps[-1])
    assert background.current("slot") is None


def page():
    import streamlit as st

    from ays_toy.ui import background

    st.text(background.watcher())


def test_streamlit_tells_the_queue_when_a_session_is_closed(monkeypatch):
    told = []
    monkeypatch.setattr(background, "queue", lambda: SimpleNamespace(leave_later=told.append))
    app = AppTest.from_function(page).run()
    assert not app.exception
    name = app.text[0].value
    assert app.run().text[0].value == name
    assert not told
    clear_session_resource_cache(name)
    assert told == [name]
    app.run()  # after a dropped connection it is told of the next time too
    clear_session_resource_cache(name)
    assert told == [name, name]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.84, "0.8 s"), (12.2, "12 s"), (89.6, "1 min 30 s"), (200, "3 min 20 s"), (7530, "2 h 5 min")],
)
def test_durations_are_as_exact_as_anyone_needs(seconds, words):
    assert background.duration(seconds) == words
