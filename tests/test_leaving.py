import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from ays_toy.runs import beside
from ays_toy.ui import background, kept, leaving


@pytest.fixture
def timers(monkeypatch):
    """What would be done after some seconds is done when the test says so."""
    begun, now = [], [0.0]

    class Timer:
        def __init__(self, seconds, work, of):
            self.seconds, self.due, self.daemon = seconds, now[0] + seconds, False
            self._work = partial(work, *of)

        def start(self):
            begun.append(self)

        def work(self):
            now[0] = self.due
            self._work()

    monkeypatch.setattr(leaving, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(leaving, "emptied", [])
    monkeypatch.setattr(leaving.threading, "Timer", Timer)
    monkeypatch.setattr(leaving, "_here", set())
    monkeypatch.setattr(kept, "_every", [])
    return begun


def test_what_is_kept_is_forgotten_when_the_last_session_has_left_and_not_before(timers, monkeypatch):
    monkeypatch.setattr(leaving, "REST_BYTES", 2**20)
    large = kept.kept(8)(lambda seed: np.full(2**20, seed, dtype=np.uint8))
    for seed in range(4):
        large(seed)
    leaving._here |= {"a", "b"}
    leaving._closed("a")
    assert not timers
    leaving._closed("b")
    assert [timer.seconds for timer in timers] == list(leaving.AFTER)
    leaving._here.add("c")  # somebody comes meanwhile
    timers[0].work()
    assert kept.total_bytes() > 4 * 2**20
    leaving._here.clear()
    timers[1].work()
    assert kept.total_bytes() < 2 * 2**20


def test_what_waits_until_everybody_has_been_gone_for_long_waits_for_the_last_of_all(timers, monkeypatch):
    done = []
    monkeypatch.setattr(leaving, "AFTER", ())
    monkeypatch.setattr(leaving, "emptied", [(600.0, lambda: done.append("ended"))])
    leaving._closed("a")
    leaving._here.add("b")
    early, leaving.time = leaving.time, SimpleNamespace(monotonic=lambda: 400.0)
    leaving._closed("b")
    leaving.time = early
    first, second = timers
    first.work()  # 600 seconds after a, 200 after b
    assert not done
    second.due = 1000.0
    second.work()
    assert done == ["ended"]


def test_jobs_processes_end_then():
    assert (background.FOUND, beside.end) in leaving.emptied


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU's C library is asked")
def test_the_allocator_can_be_asked():
    blocks = [bytearray(60_000) for _ in range(500)]
    del blocks[::2]
    leaving.trim()
    assert isinstance(leaving.trim(), bool)
