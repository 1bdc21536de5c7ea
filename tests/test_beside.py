"""Jobs in a process beside a server: the snapshots of a thread, stopped within a step, gone on with where they were."""

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import far_work
import jobs_elsewhere
import numpy as np
import pytest
from jobs_elsewhere import step, until

from ays_toy.models.networks import NetworkConfig
from ays_toy.models.training import TrainingConfig
from ays_toy.runs import apart, beside, live_search, live_training
from ays_toy.runs.comparison import Model
from ays_toy.runs.live_search import SearchConfig
from ays_toy.runs.live_training import LessonConfig
from ays_toy.ui import compute
from ays_toy.ui.job_queue import JobQueue
from ays_toy.ui.jobs import State

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no process is killed so there")


@pytest.fixture(scope="module", autouse=True)
def _begun() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:  # what is imported by its name there
        there = [str(Path(__file__).parent), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        patched.setenv("PYTHONPATH", os.pathsep.join(there))
        apart.begin()
        yield
        beside.end()
        apart.end()


@pytest.fixture(scope="module", autouse=True)
def _one_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "cpu_count", lambda: 2)
        yield


def test_a_process_is_there_before_the_first_job_and_takes_it():
    beside.begin()
    (process,) = beside._made
    assert process.executor().submit(os.getpid).result() != os.getpid()
    queue = JobQueue(4)
    job = queue.submit("first", beside.through(partial(far_work.steps, 2, 0.01)), "me")
    until(lambda: job.progress.finished)
    assert job.progress.snapshot.process == process.executor().submit(os.getpid).result()


def test_training_there_yields_the_snapshots_of_a_thread_here():
    config = LessonConfig("ring-8", TrainingConfig(NetworkConfig(16, 1), steps=150, batch=64))
    work = partial(live_training.lesson, config)
    here = list(work(lambda: False))
    there = list(beside.through(partial(work, submit=compute.look))(lambda: False))
    assert there[-1].steps == here[-1].steps
    np.testing.assert_array_equal(there[-1].losses, here[-1].losses)  # NaN before there is any
    assert there[-1].share == 1
    assert there[-1].calibration is not None
    for name, value in here[-1].weights.items():
        np.testing.assert_array_equal(there[-1].weights[name], value)


def test_a_search_there_is_that_of_a_thread_here():
    config = SearchConfig(Model("gaussian"), start="edm", steps=4, solver="ddim", samples=256)
    here, there = (
        list(done(lambda: False))
        for done in (lambda stop: live_search.search(config, stop), beside.through(partial(live_search.search, config)))
    )
    assert here[-1].rested
    assert [sweep.klub for sweep in there[-1].sweeps] == [sweep.klub for sweep in here[-1].sweeps]


def test_a_job_stops_there_within_a_step_and_goes_on_where_it_was():
    jobs_elsewhere.check_that_it_stops_within_a_step_and_goes_on(beside.through)


def test_a_job_waits_for_the_one_before_it_and_may_be_stopped_meanwhile():
    queue = JobQueue(4)
    first = queue.submit("first", beside.through(partial(far_work.steps, 20, 0.1)), "me")
    until(lambda: step(first) >= 2)
    second = queue.submit("second", beside.through(partial(far_work.steps, 20, 0.1)), "me")
    assert step(second) == 0
    queue.leave(second, "me")
    until(lambda: not second.active, 5.0)
    assert second.progress.state is State.STOPPED
    queue.resume(second, "me")
    until(lambda: second.progress.finished)
    assert (first.progress.state, step(first), step(second)) == (State.DONE, 20, 20)


def test_what_was_stopped_twice_before_it_could_go_on_is_not_lost():
    queue = JobQueue(4)
    job = queue.submit("kept", beside.through(partial(far_work.steps, 20, 0.1)), "me")
    until(lambda: step(job) >= 5)
    queue.leave(job, "me")
    until(lambda: not job.active)
    reached = step(job)
    other = queue.submit("other", beside.through(partial(far_work.steps, 20, 0.1)), "me")
    until(lambda: step(other) >= 1)
    queue.resume(job, "me")  # behind the other
    time.sleep(0.3)
    queue.leave(job, "me")
    until(lambda: not job.active, 5.0)
    assert step(job) == reached
    queue.resume(job, "me")
    seen = []
    until(lambda: seen.append(step(job)) or job.progress.finished)
    assert min(seen) >= reached
    assert step(job) == 20


def test_a_job_whose_process_is_killed_is_done_by_another():
    jobs_elsewhere.check_that_another_does_it_where_its_process_is_killed(beside.through)


def test_what_fails_there_is_said_here_and_what_kills_its_process_is_never_done_here():
    assert "taken down two processes" in jobs_elsewhere.check_that_what_fails_is_said(beside.through)


def test_nothing_of_a_job_stays_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    steps = beside.through(partial(far_work.steps, 50, 0.05))(lambda: False)
    assert next(steps).step == 1
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("ays-")]
    steps.close()
    until(lambda: not [one for one in tmp_path.iterdir() if one.name.startswith("ays-")])


def test_where_nothing_is_done_apart_jobs_are_done_here(monkeypatch):
    monkeypatch.setattr(apart, "begun", lambda: False)
    assert beside.through(far_work.refused) is far_work.refused
