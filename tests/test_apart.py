"""Work in processes beside a server: the same to the bit, its errors too, stopped from here, done though they die."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from ays_toy.data.counted import Stopped
from ays_toy.models import catalog
from ays_toy.runs import apart, comparison, finding, outcomes
from ays_toy.runs.comparison import Model
from ays_toy.sampling import schedules

MODEL = Model("ring-8")
LEVELS = tuple(schedules.edm(4).tolist())


@pytest.fixture(scope="module", autouse=True)
def _begun() -> Iterator[None]:
    apart.begin()
    yield
    apart.end()


def die_once(parent: int) -> int:
    """Where it runs; in another process it takes that down."""
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_what_is_computed_there_is_what_is_computed_here():
    asked = outcomes.Sampling(MODEL, "stochastic-ddim", 3, LEVELS, 2000)
    (there, shades), (here, same) = apart.do(outcomes.measure, asked), outcomes.measure(asked)
    assert there == here
    np.testing.assert_array_equal(shades, same)
    far, near = (done(finding.one_pass, Model("gaussian")) for done in (apart.do, lambda work, *of: work(*of)))
    assert str(far.gram.price(LEVELS)) == str(near.gram.price(LEVELS))
    named = (("edm", LEVELS), ("logsnr", tuple(schedules.logsnr(4).tolist())))
    flows = [
        done(MODEL, "ddim", named, 0) for done in (lambda *of: apart.do(comparison.follow, *of), comparison.follow)
    ]
    np.testing.assert_array_equal(flows[0].reference.states, flows[1].reference.states)
    assert apart.do(os.getpid) != os.getpid()


def test_points_that_are_held_here_alone_go_along(rng):
    data = catalog.hold_points(rng.normal(size=(40, 2)), "mine")
    asked = outcomes.Sampling(Model(data), "ddim", 0, LEVELS, 500)
    assert apart.do(outcomes.measure, asked)[0] == outcomes.measure(asked)[0]


def test_an_error_there_is_that_error_here():
    with pytest.raises(ValueError, match="Unknown schedule 'nonsense'"):
        apart.do(finding.find, MODEL, None, "nonsense", "ddim", 4)


def test_work_is_stopped_from_here_and_what_stop_asks_is_asked_in_this_thread():
    asked, began = set(), time.monotonic()

    def stop() -> bool:
        asked.add(threading.current_thread())
        return time.monotonic() > began + 0.5

    with pytest.raises(Stopped):
        apart.until(stop, finding.find, MODEL, None, "choice", "sde-dpmpp-2m", 20)
    assert asked == {threading.current_thread()}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no process is killed so there")
def test_work_whose_processes_die_is_done_here_and_the_next_has_others():
    assert apart.do(die_once, os.getpid()) == os.getpid()
    assert apart.do(os.getpid) != os.getpid()


def where(stop) -> int:
    assert not stop()
    return os.getpid()


def test_what_takes_long_has_a_process_of_its_own():
    first = {apart.do(os.getpid) for _ in range(8)}
    assert apart.until(lambda: False, where) not in first | {os.getpid()}


def test_once_ended_work_is_done_here():
    apart.end()
    try:
        assert apart.do(os.getpid) == os.getpid()
    finally:
        apart.begin()
