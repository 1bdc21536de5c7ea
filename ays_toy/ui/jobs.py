"""Background work: never blocks a page, survives its reruns, stops within a step, is shared by who asks for the same.

A job turns a generator of snapshots into something that can be watched. It calls nothing of Streamlit: pages poll
`Job.progress`, an immutable snapshot that is replaced as a whole.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

KEPT = 32  # finished jobs whose results stay for who asks again

Stop = Callable[[], bool]
Work = Callable[[Stop], Iterator[tuple[float, Any]]]  # yields (share done, from 0 to 1; snapshot)


class State(Enum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """What a watcher sees: state, share done, seconds run and, where it can be told, left, the latest snapshot."""

    state: State = State.QUEUED
    share: float = 0.0
    seconds: float = 0.0
    snapshot: Any = None
    error: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state in (State.DONE, State.STOPPED, State.FAILED)

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the pace so far; None while there is none to judge by."""
        if self.state is not State.RUNNING or self.share < 0.01:
            return None
        return self.seconds * (1 - self.share) / self.share


@dataclass(eq=False)
class Job:
    """Work under way; `progress` may be read from any thread at any time."""

    key: Hashable
    work: Work
    progress: Progress = field(default_factory=Progress)
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask the work to end; what it had reached is kept."""
        self._stop.set()

    @property
    def lost(self) -> bool:
        """Whether it will not, or did not, come to its end: who wants the result has to start anew."""
        ended = self.progress.state
        return ended in (State.STOPPED, State.FAILED) or (self._stop.is_set() and ended is not State.DONE)

    def run(self) -> None:
        """Do the work to its end, or until stopped (called by the pool)."""
        began = time.perf_counter()
        now = replace(self.progress, state=State.RUNNING)
        self.progress = now
        try:
            if not self._stop.is_set():
                for share, snapshot in self.work(self._stop.is_set):
                    now = Progress(State.RUNNING, share, time.perf_counter() - began, snapshot)
                    self.progress = now
                    if self._stop.is_set():
                        break
            ended = State.STOPPED if self._stop.is_set() and now.share < 1 else State.DONE
            self.progress = replace(now, state=ended, seconds=time.perf_counter() - began)
        except Exception as error:  # a job's failure belongs to its watcher, not to the pool's thread
            text = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            self.progress = replace(now, state=State.FAILED, seconds=time.perf_counter() - began, error=text)


class JobQueue:
    """One bounded pool for a server: jobs of the same key are one job, whoever asks."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or max(1, (os.cpu_count() or 2) - 1)
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="job")
        self._jobs: dict[Hashable, Job] = {}
        self._order: deque[Job] = deque()
        self._lock = threading.Lock()

    def submit(self, key: Hashable, work: Work) -> Job:
        """Start the work, or join the job of the same key that is queued, running or done; stopped ones start anew."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.lost:
                job = self._jobs[key] = Job(key, work)
                self._order.append(job)
                self._forget()
                self._pool.submit(job.run)
            return job

    def place(self, job: Job) -> int:
        """How many jobs are ahead of it in the queue; 0 where it runs or has ended."""
        with self._lock:
            waiting = [other for other in self._order if other.progress.state is State.QUEUED]
        return waiting.index(job) + 1 if job in waiting else 0

    def _forget(self) -> None:
        finished = [job for job in self._order if job.progress.finished]
        for job in finished[: max(0, len(finished) - KEPT)]:
            self._order.remove(job)
            if self._jobs.get(job.key) is job:
                del self._jobs[job.key]
