import sys

import numpy as np
import pytest

from ays_toy.ui import kept, leaving


@pytest.fixture
def timers(monkeypatch):
    """What would be done after some seconds is done when the test says so."""
    begun = []

    class Timer:
        def __init__(self, seconds, work):
            self.seconds, self.work, self.daemon = seconds, work, False

        def start(self):
            begun.append(self)

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


@pytest.mark.skipif(sys.platform != "linux", reason="only GNU's C library is asked")
def test_the_allocator_can_be_asked():
    blocks = [bytearray(60_000) for _ in range(500)]
    del blocks[::2]
    leaving.trim()
    assert isinstance(leaving.trim(), bool)
