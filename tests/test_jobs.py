"""Jobs: shared, stoppable within a step and taken up again, their failures a sentence."""

import itertools
import os
import subprocess
import sys
import threading
import time
from typing import Any, NamedTuple

import pytest

from ays_toy.ui import job_queue, jobs
from ays_toy.ui.job_queue import APART, KEPT, JobQueue
from ays_toy.ui.jobs import Job, Progress, State


class At(NamedTuple):
    """A snapshot: how far, and what."""

    share: float | None
    what: Any


def until(condition, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def counting(steps: int, gate: threading.Event | None = None):
    def work(_stop):
        for k in range(1, steps + 1):
            if gate is not None:
                gate.wait(10)
            yield At(k / steps, k)

    return work


def finish(job: Job) -> Progress:
    until(lambda: job.progress.finished and not job.active)
    return job.progress


def reached(job: Job) -> Any:
    return job.progress.snapshot and job.progress.snapshot.what


class Stepwise:
    """Work whose steps are let through one by one, and that counts how many threads are in it."""

    def __init__(self, steps: int) -> None:
        self.steps, self.gate, self.given = steps, threading.Semaphore(0), 0
        self.at, self.inside, self.worst = 0, 0, 0

    def __call__(self, _stop):
        for k in range(1, self.steps + 1):
            self.at, self.inside = k, self.inside + 1
            self.worst = max(self.worst, self.inside)
            self.gate.acquire(timeout=10)
            self.inside -= 1
            yield At(k / self.steps, k)

    def let(self, count: int) -> None:
        self.given += count
        for _ in range(count):
            self.gate.release()

    def reach(self, step: int) -> None:
        """Let it go until it waits within that step."""
        self.let(step - 1 - self.given)
        until(lambda: self.at == step and self.inside)


def test_a_job_runs_to_its_end_and_keeps_its_last_snapshot():
    progress = finish(JobQueue(1).submit("a", counting(5), "me"))
    assert (progress.state, progress.share, progress.snapshot.what) == (State.DONE, 1.0, 5)
    assert progress.seconds_left is None


def test_the_same_key_is_the_same_job_and_its_result_stays():
    queue, gate = JobQueue(2), threading.Event()
    first = queue.submit("same", counting(3, gate), "me")
    assert queue.submit("same", counting(3, gate), "me") is first
    assert queue.submit("other", counting(1), "me") is not first
    gate.set()
    finish(first)
    assert queue.submit("same", counting(3), "you") is first
    assert first.progress.state is State.DONE


def test_stop_ends_within_a_step_and_it_can_go_on_from_there():
    queue, work = JobQueue(1), Stepwise(10)
    job = queue.submit("long", work, "me")
    work.reach(4)
    assert queue.leave(job, "me") is False
    work.let(1)
    progress = finish(job)
    assert (progress.state, progress.snapshot.what) == (State.STOPPED, 4)
    queue.resume(job, "me")
    assert not job.progress.finished
    work.let(6)
    assert (finish(job).snapshot.what, job.progress.state) == (10, State.DONE)


def test_asking_again_goes_on_with_stopped_work_unless_it_is_to_begin_anew():
    queue, work = JobQueue(1), Stepwise(4)
    job = queue.submit("same", work, "me")
    work.reach(3)
    queue.leave(job, "me")
    work.let(1)
    finish(job)
    assert queue.submit("same", work, "me") is job
    work.reach(4)
    queue.leave(job, "me")
    work.let(1)
    assert finish(job).state is State.DONE  # it had come to its end
    other, again = Stepwise(2), Stepwise(2)
    left = queue.submit("other", other, "me")
    other.reach(1)
    queue.leave(left, "me")
    other.let(1)
    finish(left)
    fresh = queue.submit("other", again, "you", anew=True)
    again.reach(1)
    assert fresh is not left
    assert queue.submit("other", again, "third") is fresh
    queue.resume(left, "me")  # whoever stopped the first can still go on with that, in turn
    assert queue.place(left) == 1
    again.let(2)
    other.let(1)
    assert (finish(left).snapshot.what, finish(fresh).snapshot.what) == (2, 2)


def test_work_that_was_told_to_stop_and_ended_begins_anew():
    queue, stopping = JobQueue(1), threading.Event()

    def work(stop):
        for k in itertools.count(1):
            if k == 3:
                stopping.set()
                until(stop)
            if stop():
                return  # not resumable: what it had in hand is lost
            yield At(None, k)
            if k == 4:
                return

    began = []
    job = queue.submit("careless", lambda stop: began.append(True) or work(stop), "me")
    assert stopping.wait(10)
    queue.leave(job, "me")
    assert (finish(job).state, job.progress.snapshot.what, len(began)) == (State.STOPPED, 2, 1)
    stopping.clear()
    queue.submit("careless", None, "me")
    assert stopping.wait(10)
    assert len(began) == 2
    queue.leave(job, "me")
    finish(job)


def test_work_that_comes_to_its_end_just_when_it_is_stopped_is_done():
    queue, ending, gate = JobQueue(1), threading.Event(), threading.Event()

    def work(_stop):
        yield At(None, "all there is")
        ending.set()
        gate.wait(10)

    job = queue.submit("last", work, "me")
    assert ending.wait(10)
    queue.leave(job, "me")
    gate.set()
    assert (finish(job).state, job.progress.snapshot.what) == (State.DONE, "all there is")


def test_going_on_before_it_has_stopped_never_runs_it_twice():
    queue, work = JobQueue(4), Stepwise(50)
    job = queue.submit("busy", work, "me")
    for k in range(2, 51):
        work.reach(k)
        queue.leave(job, "me")
        queue.resume(job, "me")
    work.let(1)
    assert finish(job).snapshot.what == 50
    assert work.worst == 1


def test_many_sessions_may_press_everything_at_once():
    queue, steps = JobQueue(3), 400
    inside, worst = threading.Semaphore(1), []

    def work(_stop):
        for k in range(1, steps + 1):
            worst.append(not inside.acquire(blocking=False))
            inside.release()
            yield At(k / steps, k)

    job = queue.submit("one", work, "first")

    def session(name: str) -> None:
        for _ in range(50):
            queue.submit("one", work, name)
            queue.leave(job, name)
            queue.resume(job, name)
            queue.place(job)

    threads = [threading.Thread(target=session, args=(str(k),)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (finish(job).state, job.progress.snapshot.what) == (State.DONE, steps)
    assert len(worst) == steps
    assert not any(worst)


def test_it_goes_on_while_anyone_watches():
    queue, work = JobQueue(1), Stepwise(3)
    job = queue.submit("shared", work, "me")
    assert queue.submit("shared", work, "you") is job
    work.reach(2)
    assert queue.leave(job, "me") is True
    work.reach(3)
    assert queue.leave(job, "you") is False
    work.let(1)
    assert finish(job).state is State.DONE
    assert queue.leave(job, "you") is False


def test_a_session_that_is_gone_leaves_its_work_and_one_that_comes_back_does_not():
    there = {"me", "you"}
    queue, mine, yours = JobQueue(3, there.__contains__), Stepwise(2), Stepwise(2)
    job, other = queue.submit("watched", mine, "me"), queue.submit("other", yours, "you")
    mine.reach(1)
    yours.reach(1)
    queue.leave_later("me", seconds=0.0).join()  # it was only a dropped connection
    assert job.watchers == {"me"}
    there.remove("me")  # and that it goes for good, nobody tells
    queue.leave_later("you", seconds=0.0).join()
    until(lambda: not job.watchers)
    mine.let(1)
    assert finish(job).state is State.STOPPED
    assert other.watchers == {"you"}
    yours.let(2)
    assert finish(other).state is State.DONE


def test_one_who_comes_back_takes_the_place_of_one_that_is_gone_and_nobody_elses(monkeypatch):
    there = {"before", "other"}
    queue, work = JobQueue(1, there.__contains__), Stepwise(3)
    job = queue.submit("run", work, "before")
    work.reach(1)
    assert queue.succeed("run", "again") is None  # whoever began it is still there
    assert queue.succeed("another run", "again") is None
    there.remove("before")  # a tab is reloaded
    there.add("again")
    assert queue.succeed("run", "again") is job
    assert job.watchers == {"again"}
    assert queue.succeed("run", "other") is None  # the one place is taken
    queue.leave_later("before", seconds=0.0).join()
    assert not job.progress.finished
    assert queue.leave(job, "again") is False  # nobody is left for whom it would go on
    work.let(1)
    assert finish(job).state is State.STOPPED
    there.remove("again")
    assert queue.succeed("run", "other") is job  # stopped, it can be found too
    assert (job.progress.state, job.watchers) == (State.STOPPED, set())
    there.remove("other")
    monkeypatch.setattr(job_queue, "FOUND", -1.0)
    assert queue.succeed("run", "much later") is None


def test_what_was_let_go_is_not_found_again():
    there = {"me"}
    queue = JobQueue(1, there.__contains__)
    job = queue.submit("run", counting(1), "me")
    assert finish(job).state is State.DONE
    queue.let_go(job, "me")
    there.clear()
    assert queue.succeed("run", "you") is None


def test_pauses_do_not_count_as_work(monkeypatch):
    clock = itertools.count()  # a second passes whenever somebody looks
    monkeypatch.setattr(jobs.time, "perf_counter", lambda: float(next(clock)))
    queue, work = JobQueue(1), Stepwise(2)
    job = queue.submit("paused", work, "me")
    work.reach(1)
    queue.leave(job, "me")
    work.let(1)
    spent = finish(job).seconds
    for _ in range(1000):
        next(clock)
    queue.resume(job, "me")
    work.let(1)
    assert spent < finish(job).seconds < spent + 10


def test_a_job_stopped_in_the_queue_never_begins_and_can_be_taken_up_there():
    queue, gate, begun = JobQueue(1), threading.Event(), []
    running = queue.submit("first", counting(1, gate), "me")

    def work(_stop):
        begun.append(True)
        yield At(1.0, None)

    waiting = queue.submit("second", work, "me")
    third = queue.submit("third", counting(1), "me")
    until(lambda: running.progress.state is State.RUNNING)
    assert (queue.place(running), queue.place(waiting), queue.place(third)) == (0, 1, 2)
    queue.leave(waiting, "me")
    assert waiting.progress.state is State.STOPPED  # at once, though no thread is free
    assert (queue.place(waiting), queue.place(third)) == (0, 1)
    queue.resume(waiting, "me")
    assert waiting.progress.state is State.QUEUED
    queue.leave(waiting, "me")
    gate.set()
    assert finish(waiting).state is State.STOPPED
    assert not begun
    assert finish(third).state is State.DONE
    queue.resume(waiting, "me")
    assert finish(waiting).state is State.DONE


def test_failures_are_said_and_the_worker_lives_on():
    queue = JobQueue(1)

    def user_error(_stop):
        yield At(0.5, "half")
        raise ValueError("Lower the learning rate.")

    def bug(_stop):
        yield At(0.5, "half")
        raise KeyError("x")

    failed = queue.submit("user", user_error, "me")
    progress = finish(failed)
    assert (progress.state, progress.error, progress.snapshot.what) == (
        State.FAILED,
        "Lower the learning rate.",
        "half",
    )
    assert finish(queue.submit("bug", bug, "me")).error.startswith("KeyError")
    again = queue.submit("user", counting(1), "me")
    assert again is not failed
    assert finish(again).state is State.DONE


@pytest.mark.parametrize(
    ("share", "seconds", "left"), [(0.25, 10.0, 30.0), (0.001, 1.0, None), (None, 1.0, None), (0.0, 1.0, None)]
)
def test_time_left_follows_the_pace(share, seconds, left, monkeypatch):
    monkeypatch.setattr(jobs.time, "perf_counter", lambda: 1000.0)
    assert Progress(State.RUNNING, share, seconds, at=1000.0).seconds_left == left
    assert Progress(State.STOPPED, share, seconds).seconds_left is None


def test_results_are_kept_but_not_for_ever():
    queue = JobQueue(1)
    first = queue.submit(0, counting(1), "me")
    for k in range(1, 2 * KEPT):
        finish(queue.submit(k, counting(1), "me"))
    assert len(queue._jobs) <= KEPT + 1
    assert len(queue._active) <= 2
    assert queue.submit(0, counting(1), "me") is not first


def test_a_server_that_ends_does_not_wait_for_its_jobs():
    code = """
import itertools, time
from types import SimpleNamespace
from ays_toy.ui.job_queue import JobQueue
def work(stop):
    for k in itertools.count():
        time.sleep(0.01)
        yield SimpleNamespace(share=None)
job = JobQueue(1).submit("endless", work, "me")
while not job.progress.snapshot:
    time.sleep(0.01)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_what_only_waits_holds_up_nothing_and_queues_once_it_computes() -> None:
    queue, answer = JobQueue(workers=1), threading.Event()

    def loaded(_stop):
        yield At(0.0, "waiting")
        answer.wait(10)
        yield At(0.5, "loaded")
        yield At(1.0, "computed")

    def waits(snapshot):
        return snapshot is None or snapshot.what == "waiting"

    waiting = [queue.submit(f"hub {k}", loaded, "me", waits=waits) for k in range(APART)]
    until(lambda: all(reached(job) == "waiting" for job in waiting))
    assert finish(queue.submit("other", counting(2), "you")).state is State.DONE  # at once, though all of these wait

    busy = Stepwise(1)
    queue.submit("busy", busy, "you")
    until(lambda: busy.inside == 1)
    answer.set()
    until(lambda: all(reached(job) == "loaded" for job in waiting))
    assert [job.progress.state for job in waiting] == [State.QUEUED] * APART  # for the one place to compute
    assert sorted(queue.place(job) for job in waiting) == list(range(1, 1 + APART))
    busy.let(1)
    assert [finish(job).snapshot.what for job in waiting] == ["computed"] * APART


def test_what_was_stopped_while_it_waited_goes_on_where_it_was() -> None:
    queue, answer, asked = JobQueue(workers=1), threading.Event(), []

    def loaded(_stop):
        asked.append(True)
        yield At(0.0, None)
        answer.wait(10)
        yield At(0.5, "loaded")
        yield At(1.0, "computed")

    job = queue.submit("hub", loaded, "me", waits=lambda snapshot: snapshot is None or snapshot.what is None)
    until(lambda: job.progress.state is State.RUNNING)
    queue.leave(job, "me")
    answer.set()
    assert finish(job).state is State.STOPPED
    queue.resume(job, "me")
    assert (finish(job).snapshot.what, len(asked)) == ("computed", 1)


def lefts(stages: list[tuple[float, float]], every: float = 1.0) -> list[tuple[float, float]]:
    """Seconds of a run, and the time left then: stages of so many seconds bring the share so much farther."""
    pace, told, now, share = jobs.Pace(), [], 0.0, 0.0
    for lasts, gain in stages:
        for _ in range(round(lasts / every)):
            now, share = now + every, share + gain * every / lasts
            rate = pace.after(now, share)
            if rate:
                told.append((now, (1 - share) / rate))
    return told


def test_time_left_is_honest_and_hardly_rises_where_loading_came_first_and_the_pace_changes():
    loaded = lefts([(90, 0.0), (120, 1.0)])
    total = 210
    assert all(abs(now + left - total) < 1 for now, left in loaded), "what loading took says nothing of the rest"
    slower = lefts([(60, 0.5), (120, 0.5)])  # samples, whose images take as long again to be looked at
    at_once = [left for now, left in slower if now < 60]
    assert at_once == sorted(at_once, reverse=True)
    later = [(now, left) for now, left in slower if now > 110]
    assert all(abs(now + left - 180) < 20 for now, left in later), "a third of the time on, the new pace is known"
    assert max(left for _, left in slower if _ > 60) < 125


def test_time_left_falls_with_the_clock_between_two_snapshots_and_is_not_told_once_it_has_run_out(monkeypatch):
    progress = Progress(State.RUNNING, 0.5, 10.0, pace=0.05, at=1000.0)
    for now, left in ((1000.0, 10.0), (1004.0, 6.0), (1012.0, None)):
        monkeypatch.setattr(jobs.time, "perf_counter", lambda now=now: now)
        assert progress.seconds_left == (None if left is None else pytest.approx(left))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the threads of a process apart")
def test_a_job_lets_the_threads_of_pages_go_first() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def work(_stop):
        yield At(1.0, priority())

    job = JobQueue(1).submit("a", work, "me")
    finish(job)
    assert reached(job) > priority(), "a larger number is less"
