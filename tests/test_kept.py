import ctypes
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest
import torch

from ays_toy.ui import kept as module
from ays_toy.ui.kept import keep_within, kept, size, total_bytes

MB = 2**20


@pytest.fixture(autouse=True)
def _alone(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(module, "_every", [])
    return


def test_who_asks_while_it_is_computed_waits_for_it_and_nothing_is_computed_twice():
    begun, go_on, calls = threading.Event(), threading.Event(), []

    @kept(4)
    def slow(number):
        calls.append(number)
        begun.set()
        assert go_on.wait(10)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(slow(7))) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert calls == [7]
    assert len(found) == 5
    assert len(set(map(id, found))) == 1


def test_who_waits_for_what_fails_tries_for_themselves_and_a_failure_is_not_kept():
    begun, go_on, tries = threading.Event(), threading.Event(), []

    @kept(4)
    def flaky():
        tries.append(threading.get_ident())
        begun.set()
        assert go_on.wait(10)
        if len(tries) == 1:
            raise SystemExit  # as `ending` raises it in a thread
        return "found"

    def ended():
        with pytest.raises(SystemExit):
            flaky()

    first = threading.Thread(target=ended)
    first.start()
    assert begun.wait(10)
    found = []
    second = threading.Thread(target=lambda: found.append(flaky()))
    second.start()
    go_on.set()
    first.join(10)
    second.join(10)
    assert found == ["found"]
    assert len(tries) == 2


def test_who_waits_can_be_ended(monkeypatch):
    monkeypatch.setattr(module, "LOOK", 0.02)
    begun, waits, ended, go_on = (threading.Event() for _ in range(4))

    @kept(4)
    def slow():
        begun.set()
        assert go_on.wait(20)

    def second():
        try:
            waits.set()
            slow()
        except SystemExit:
            ended.set()

    threads = [threading.Thread(target=slow), threading.Thread(target=second)]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    assert waits.wait(10)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(threads[1].ident), ctypes.py_object(SystemExit))
    came_to_an_end = ended.wait(5)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert came_to_an_end


def test_entries_are_bounded_and_the_longest_unasked_goes_first():
    calls = []

    @kept(2)
    def square(number):
        calls.append(number)
        return number**2

    assert [square(1), square(2), square(1), square(3), square(1), square(2)] == [1, 4, 1, 9, 1, 4]
    assert calls == [1, 2, 3, 2]
    assert square.known(3) is None
    assert square.known(2) == 4


def test_bytes_are_bounded_over_all_functions_together(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 5 * MB)

    @kept(100)
    def numbers(seed):
        return np.full(MB, seed, dtype=np.uint8)

    @kept(100)
    def tensors(seed):
        return {"points": torch.full((MB // 4,), float(seed))}

    for seed in range(10):
        numbers(seed)
        tensors(0)  # asked for all along
    assert tensors.known(0)
    assert 3 * MB < total_bytes() <= 5 * MB
    assert numbers.known(9) is not None
    assert numbers.known(5) is None
    assert tensors.known(0)
    keep_within(3 * MB // 2)
    assert total_bytes() < 3 * MB // 2
    assert tensors.known(0)


def test_what_a_result_computes_on_demand_and_keeps_counts_too():
    @dataclass(frozen=True)
    class Pass:
        seed: int

        @cached_property
        def matrix(self):
            return np.zeros((MB // 8,))

    @kept(4)
    def one_pass(seed):
        return Pass(seed)

    one_pass(0).matrix  # noqa: B018 (computed and kept)
    assert total_bytes() < MB
    one_pass(0)
    assert total_bytes() > MB


def test_what_is_too_large_for_the_bound_is_kept_alone(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", MB)
    large = kept(4)(lambda seed: np.full(3 * MB, seed, dtype=np.uint8))
    large(0)
    large(1)
    assert large.known(0) is None
    assert large.known(1) is not None


def test_a_size_counts_every_array_once():
    array = np.zeros(1000)
    assert 8000 <= size([array, array, {"again": array}]) < 9000
    assert 16_000 <= size({"one": array, "two": torch.zeros(1000, dtype=torch.float64)}) < 17_000


def test_what_is_small_stays_though_it_was_asked_for_long_ago_and_what_is_large_goes(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 4 * MB)

    @kept(100)
    def dear(seed):
        return seed

    @kept(100)
    def passes(_):
        return np.zeros(MB // 16)

    @kept(100)
    def flows(_):
        return np.zeros(MB // 8)

    dear(0), passes(0)
    for seed in range(20):
        flows(seed)
    assert dear.known(0) == 0
    assert passes.known(0) is None, "it does not stay for good"
    passes(1)
    for seed in range(20, 24):
        flows(seed)
    assert passes.known(1) is not None, "it stays longer than what is larger"
    assert flows.known(20) is None
    assert flows.known(23) is not None
    assert total_bytes() <= 4 * MB
