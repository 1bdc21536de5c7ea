import threading
import time
from collections import Counter
from concurrent.futures import CancelledError

import pytest
from streamlit.testing.v1 import AppTest

from ays_toy.data.counted import Stopped
from ays_toy.ui import tasks
from ays_toy.ui.ending import Pool
from ays_toy.ui.kept import kept
from ays_toy.ui.tasks import Tasks


class Held:
    """Work that waits to be let go, in pools of one thread."""

    def __init__(self):
        self.calls, self.go_on, self.order, self.begun = Counter(), threading.Event(), [], Counter()

        @kept(8)
        def work(key):
            self.begun[key] += 1
            assert self.go_on.wait(10)
            self.calls[key] += 1
            self.order.append(key)
            return f"made of {key}"

        self.tasks = Tasks(work, Pool(1, "first"), Pool(1, "later"))


@pytest.fixture
def held():
    one = Held()
    yield one
    one.go_on.set()


def test_two_views_that_want_the_same_share_one_task(held):
    first, second = held.tasks.want("a"), held.tasks.want("a")
    held.go_on.set()
    assert first.result(10) == second.result(10) == "made of a"
    assert held.calls == {"a": 1}
    assert held.tasks.want("a").done(), "what is known is not computed, nor waited for, again"


def test_what_one_view_drops_goes_on_for_the_other_and_what_both_drop_never_begins(held):
    held.tasks.want("busy")
    mine, yours = held.tasks.want("a"), held.tasks.want("a")
    held.tasks.drop([mine])
    only = held.tasks.want("b")
    held.tasks.drop([only])
    held.go_on.set()
    assert yours.result(10) == "made of a"
    with pytest.raises(CancelledError):
        only.result(10)
    assert held.tasks.want("b").result(10) == "made of b", "and what was dropped can be wanted again"


def test_what_is_wanted_later_and_then_at_once_does_not_wait_for_what_is_later(held):
    held.tasks.want("busy, later", later=True)
    first = held.tasks.want("a", later=True)
    now = held.tasks.want("a")
    assert held.tasks.want("a", later=True) is now
    held.go_on.set()
    assert now.result(10) == first.result(10) == "made of a"
    assert held.calls["a"] == 1


def test_what_is_wanted_later_lets_what_is_waited_for_go_first(held):
    now = held.tasks.want("now")
    later = held.tasks.want("later", later=True)
    end = time.monotonic() + 10
    while not later.running():  # until its own pool, which is free, has taken it up
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.1)
    assert not held.begun["later"]
    held.go_on.set()
    assert (now.result(10), later.result(10)) == ("made of now", "made of later")
    assert held.order == ["now", "later"]


def test_what_lets_others_go_first_begins_when_it_is_wanted_at_once(held, monkeypatch):
    monkeypatch.setattr(tasks, "PATIENCE", 60.0)
    held.tasks.want("others")
    held.tasks.want("a", later=True)
    time.sleep(0.1)
    held.tasks.want("a")
    end = time.monotonic() + 10
    while not held.begun["a"]:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_nobody_wants_any_more_when_its_turn_comes_never_begins(held):
    held.tasks.want("others")
    left = held.tasks.want("a", later=True)
    time.sleep(0.1)
    held.tasks.drop([left])
    with pytest.raises(CancelledError):
        left.result(10)
    held.go_on.set()
    assert held.tasks.want("a").result(10) == "made of a", "and it can be wanted again"
    assert held.calls["a"] == 1


def test_what_has_just_failed_is_begun_anew_by_whoever_wants_it_next():
    tries = []

    @kept(2)
    def flaky(key):
        tries.append(key)
        raise ValueError(f"no {key}")

    tasks = Tasks(flaky, Pool(1, "first"), Pool(1, "later"))
    tasks._ended = lambda *_: None  # as in the moment between a failure and what is called back of it
    for _ in range(2):
        with pytest.raises(ValueError, match="no a"):
            tasks.want("a").result(10)
    assert len(tries) == 2


def test_a_run_whose_work_was_dropped_ends_without_a_word():
    def overtaken():
        from concurrent.futures import Future

        import streamlit as st

        from ays_toy.ui import frame

        with frame.sentences():
            dropped = Future()
            dropped.cancel()
            dropped.result()
        st.write("went on")

    at = AppTest.from_function(overtaken).run()
    assert not at.exception
    assert not at.error
    assert not at.markdown


def test_work_that_nobody_wants_any_more_is_told_so_and_whoever_wants_it_next_begins_anew():
    told, begun = [], threading.Semaphore(0)

    @kept(8)
    def work(key):
        begun.release()
        end = time.monotonic() + 10
        while time.monotonic() < end and len(told) < 2:
            if tasks.unwanted():
                told.append(key)
                raise Stopped
            time.sleep(0.005)
        return f"made of {key}"

    of = Tasks(work, Pool(1, "first"), Pool(1, "later"))
    for later in (False, True):
        mine, yours = of.want("a", later), of.want("a", later)
        assert begun.acquire(timeout=10)
        of.drop([mine])
        time.sleep(0.05)
        assert not yours.done(), "one still wants it"
        of.drop([yours])
        with pytest.raises(Stopped):
            yours.result(10)
    assert of.want("a").result(10) == "made of a"
    assert told == ["a", "a"]
    assert not tasks.unwanted(), "of what is no task nobody says so"
