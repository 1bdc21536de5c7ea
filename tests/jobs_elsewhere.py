"""What holds of jobs wherever they are done: on a cluster, or in a process beside the server."""

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import far_work

from ays_toy.ui.job_queue import JobQueue
from ays_toy.ui.jobs import State, Work


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until that is so, in the tests."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def step(job: Any) -> int:
    """How far a job has come."""
    return job.progress.snapshot.step if job.progress.snapshot else 0


def check_that_it_stops_within_a_step_and_goes_on(through: Callable[[Work], Work]) -> None:
    """Stopped, a job rests where it is, and goes on from there in the same process, not this one."""
    queue = JobQueue(4)
    job = queue.submit("steps", through(partial(far_work.steps, 30, 0.1)), "me")
    until(lambda: step(job) >= 3)
    first, asked = job.progress.snapshot, time.monotonic()
    queue.leave(job, "me")
    until(lambda: not job.active)
    assert time.monotonic() < asked + 1.0
    assert job.progress.state is State.STOPPED
    reached = step(job)
    assert reached < 15
    time.sleep(0.5)
    assert step(job) == reached
    seen: list[int] = []
    queue.resume(job, "me")
    until(lambda: seen.append(step(job)) or job.progress.finished)  # type: ignore[func-returns-value]
    assert min(seen) >= reached, "it goes on, and does not begin anew"
    assert (job.progress.state, step(job)) == (State.DONE, 30)
    assert first.process == job.progress.snapshot.process != os.getpid()


def check_that_another_does_it_where_its_process_is_killed(through: Callable[[Work], Work]) -> int:
    """The job ends all the same -> the process that was killed."""
    queue = JobQueue(4)
    job = queue.submit("killed", through(partial(far_work.steps, 20, 0.1)), "me")
    until(lambda: step(job) >= 3)
    lost: int = job.progress.snapshot.process
    os.kill(lost, signal.SIGKILL)
    until(lambda: job.progress.finished)
    assert (job.progress.state, step(job)) == (State.DONE, 20)
    assert job.progress.snapshot.process != lost
    return lost


def check_that_what_fails_is_said(through: Callable[[Work], Work]) -> str:
    """Work says its own sentence -> what is said of work that takes down whatever process it runs in."""
    queue = JobQueue(4)
    wrong, deadly = (queue.submit(work, through(work), "me") for work in (far_work.refused, far_work.deadly))
    until(lambda: wrong.progress.finished and deadly.progress.finished)
    assert (wrong.progress.state, wrong.progress.error) == (State.FAILED, "Lower the learning rate.")
    assert deadly.progress.state is State.FAILED
    return deadly.progress.error
