"""Jobs: shared, stoppable within a step, and their failures a sentence."""

import threading
import time

from ays_toy.ui.jobs import KEPT, Job, JobQueue, Progress, State


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
            yield k / steps, k

    return work


def finish(job: Job) -> Progress:
    until(lambda: job.progress.finished)
    return job.progress


def test_a_job_runs_to_its_end_and_keeps_its_last_snapshot():
    progress = finish(JobQueue(1).submit("a", counting(5)))
    assert (progress.state, progress.share, progress.snapshot) == (State.DONE, 1.0, 5)
    assert progress.seconds_left is None


def test_the_same_key_is_the_same_job_and_its_result_stays():
    queue, gate = JobQueue(2), threading.Event()
    first = queue.submit("same", counting(3, gate))
    assert queue.submit("same", counting(3, gate)) is first
    assert queue.submit("other", counting(1)) is not first
    gate.set()
    finish(first)
    assert queue.submit("same", counting(3)) is first


def test_stop_ends_within_a_step_keeps_what_was_reached_and_lets_it_start_anew():
    queue, steps = JobQueue(1), threading.Semaphore(0)

    def work(_stop):
        for k in range(1, 1001):
            steps.acquire(timeout=10)
            yield k / 1000, k

    job = queue.submit("long", work)
    for _ in range(3):
        steps.release()
    until(lambda: job.progress.snapshot == 3)
    job.stop()
    steps.release()
    progress = finish(job)
    assert progress.state is State.STOPPED
    assert progress.snapshot in (3, 4)
    again = queue.submit("long", counting(2))
    assert again is not job
    assert finish(again).state is State.DONE


def test_a_job_stopped_in_the_queue_never_begins():
    queue, gate, begun = JobQueue(1), threading.Event(), []
    running = queue.submit("first", counting(1, gate))

    def work(_stop):
        begun.append(True)
        yield 1.0, None

    waiting = queue.submit("second", work)
    third = queue.submit("third", counting(1))
    until(lambda: running.progress.state is State.RUNNING)
    assert (queue.place(running), queue.place(waiting), queue.place(third)) == (0, 1, 2)
    waiting.stop()
    gate.set()
    assert finish(waiting).state is State.STOPPED
    assert not begun
    assert finish(third).state is State.DONE


def test_failures_are_said_and_the_worker_lives_on():
    queue = JobQueue(1)

    def user_error(_stop):
        yield 0.5, "half"
        raise ValueError("Lower the learning rate.")

    def bug(_stop):
        yield 0.5, "half"
        raise KeyError("x")

    failed = finish(queue.submit("user", user_error))
    assert (failed.state, failed.error, failed.snapshot) == (State.FAILED, "Lower the learning rate.", "half")
    assert finish(queue.submit("bug", bug)).error.startswith("KeyError")
    assert finish(queue.submit("fine", counting(1))).state is State.DONE


def test_time_left_follows_the_pace():
    running = Progress(State.RUNNING, share=0.25, seconds=10.0)
    assert running.seconds_left == 30.0
    assert Progress(State.RUNNING, share=0.001, seconds=1.0).seconds_left is None


def test_results_are_kept_but_not_for_ever():
    queue = JobQueue(1)
    for k in range(2 * KEPT):
        finish(queue.submit(k, counting(1)))
    assert len(queue._jobs) <= KEPT + 1
