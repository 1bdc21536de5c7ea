"""Background work: never blocks a page, survives its reruns, stops within a step, is shared by who asks for the same.

A job turns a generator of snapshots into something that can be watched, stopped and taken up again. It calls nothing of
Streamlit: pages poll `Job.progress`, an immutable snapshot that is replaced as a whole. Watchers are names of sessions;
work that nobody watches any more is stopped.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

from ays_toy.ui import ending
from ays_toy.ui.yielding import give_way

KEPT = 32  # jobs at rest whose results stay for who asks again
APART = 4  # jobs at a time that wait for something other than this machine
LATELY = 15.0  # seconds, at least, over which a pace is measured
GRACE = 20.0  # seconds after which a session that was closed, or lost its connection, is taken to be gone
FOUND = 600.0  # seconds for which work at rest can be found again by who comes after a session that is gone


class Snapshot(Protocol):
    """What work has reached: frozen, and it knows how far that is."""

    @property
    def share(self) -> float | None:
        """Share of the work that is done, 1 at its end; None where it cannot be told."""


Stop = Callable[[], bool]
Work = Callable[[Stop], Iterator[Snapshot]]
Apart = Callable[[Any], bool]  # of the latest snapshot, None before the first: whether what follows it only waits


def never(_: Any) -> bool:
    """Work that computes from its beginning to its end."""
    return False


class State(Enum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """What a watcher sees: state, share done where it can be told, seconds of work, the latest snapshot."""

    state: State = State.QUEUED
    share: float | None = 0.0
    seconds: float = 0.0  # without pauses
    snapshot: Any = None
    error: str = ""
    pace: float | None = None  # of the share, a second; None where none is known but that of all the time so far
    at: float = field(default_factory=time.perf_counter)  # when this was so

    @property
    def finished(self) -> bool:
        """Whether nothing more will come by itself."""
        return self.state in (State.DONE, State.STOPPED, State.FAILED)

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the pace of late, falling with the clock; None while nothing tells, or when it has run out."""
        if self.state is not State.RUNNING or not self.share or self.share < 0.01 or not self.seconds:
            return None
        left = (1 - self.share) / (self.pace or self.share / self.seconds) - (time.perf_counter() - self.at)
        return left if left > 0 else None


class Pace:
    """How fast a share grows of late: over the last third of the time, and not while it had yet to begin.

    What a run does before its share grows, loading a model say, says nothing of the rest, and parts of different pace
    follow each other.
    """

    def __init__(self) -> None:
        self._marks: deque[tuple[float, float]] = deque()  # seconds and share, rising

    def after(self, seconds: float, share: float | None) -> float | None:
        """The share that is done in a second, now that it has come so far; None while that is unknown."""
        if not share:
            self._marks = deque([(seconds, 0.0)])
            return None
        if not self._marks or share > self._marks[-1][1]:
            self._marks.append((seconds, share))
        since = seconds - max(LATELY, seconds / 3)
        while len(self._marks) > 2 and self._marks[1][0] <= since:
            self._marks.popleft()
        first, done = self._marks[0]
        return (share - done) / (seconds - first) if share > done and seconds > first else None


@dataclass(eq=False)
class Job:
    """Work under way; `progress` may be read from any thread at any time. All else belongs to its queue.

    While `waits` says so of what it has reached it takes none of the places of those that compute.
    """

    key: Hashable
    work: Work
    waits: Apart = never
    progress: Progress = field(default_factory=Progress)
    watchers: set[str] = field(default_factory=set)
    seen_by: set[str] = field(default_factory=set)  # whose pages show it, watchers or not
    rested: float = field(default_factory=time.monotonic)  # when it last came to rest
    active: bool = False  # in the queue's hands: waiting, running, or about to come to rest
    _stop: threading.Event = field(default_factory=threading.Event)
    _told: bool = False  # whether the work was last told to stop
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _steps: Iterator[Snapshot] | None = None  # what is left of the work
    _pace: Pace = field(default_factory=Pace)

    def stop(self) -> None:
        """Ask the work to pause; what it had reached is kept."""
        with self._lock:
            self._stop.set()
            if self.progress.state is State.QUEUED:
                self.rested = time.monotonic()
                self.progress = replace(self.progress, state=State.STOPPED)

    def go(self) -> bool:
        """Let the work go on, or begin -> whether a thread has to be found for that."""
        with self._lock:
            self._stop.clear()
            if self.progress.state is State.DONE:
                return False
            if self.progress.finished:
                self.progress = replace(self.progress, state=State.QUEUED, error="")
            needed, self.active = not self.active, True
            return needed

    @property
    def apart(self) -> bool:
        """Whether what it does next only waits."""
        return self.waits(self.progress.snapshot)

    def run(self) -> bool:
        """Do the work to its end, or until stopped -> whether it goes on in a place of the other kind instead.

        Only ever in one thread at a time.
        """
        began, before = time.perf_counter(), self.progress.seconds if self._steps is not None else 0.0

        def spent() -> float:
            return before + time.perf_counter() - began

        while True:
            try:
                ended = self._advance(spent)
                error = ""
            except Exception as problem:  # a job's failure belongs to its watchers, not to the queue's thread
                ended, self._steps = State.FAILED, None
                error = str(problem) if isinstance(problem, ValueError) else f"{type(problem).__name__}: {problem}"
            with self._lock:
                if ended is State.STOPPED and not self._stop.is_set():
                    continue  # told to go on before it had come to rest
                self.active = ended is State.QUEUED
                self.rested = time.monotonic()
                self.progress = replace(self.progress, state=ended, seconds=spent(), error=error)
                return self.active

    def _advance(self, spent: Callable[[], float]) -> State:
        """Take snapshots until the work ends, is stopped, or has to wait for a place of the other kind."""
        if self._stop.is_set():
            return State.STOPPED
        self.progress = replace(self.progress, state=State.RUNNING)
        if self._steps is None:
            self._steps, self._pace = iter(self.work(self._asked)), Pace()
        apart = self.apart
        for snapshot in self._steps:
            self._told = False
            now = spent()
            pace = self._pace.after(now, snapshot.share)
            self.progress = Progress(State.RUNNING, snapshot.share, now, snapshot, pace=pace)
            if snapshot.share != 1 and self._stop.is_set():
                return State.STOPPED
            if self.apart != apart:
                return State.QUEUED
        self._steps = None  # where it ended because it was told to stop, it would have to begin anew
        return State.STOPPED if self._told else State.DONE

    def _asked(self) -> bool:
        """The work's `stop`."""
        self._told = self._stop.is_set()
        return self._told


class JobQueue:
    """A server's jobs, so many at a time: those of the same key are one job, whoever asks.

    What waits for something other than this machine, a download say, has places apart, and holds up nothing else.

    `present` tells whether a watcher is still there; it is asked about those that are to leave later.
    """

    def __init__(self, workers: int | None = None, present: Callable[[str], bool] = lambda _: False) -> None:
        self.workers = workers or max(1, (os.cpu_count() or 2) - 1)
        self.present = present
        self._jobs: dict[Hashable, Job] = {}  # what is found by its key, the latest begun or taken up last
        self._active: list[Job] = []  # in the order they began to wait
        self._places = {False: self.workers, True: APART}  # of those that compute, and of those that wait
        self._waiting: dict[bool, deque[Job]] = {False: deque(), True: deque()}
        self._threads = {False: 0, True: 0}  # each lasts for as long as it finds work
        self._lock = threading.RLock()

    def submit(
        self,
        key: Hashable,
        work: Work,
        watcher: str,
        anew: bool = False,
        waits: Apart = never,
        most: int | None = None,
        instead: Job | None = None,
    ) -> Job:
        """Watch the job of that key: the one that is queued, running or done, or a stopped one, which goes on.

        Failed work begins anew, and with `anew` stopped work does too. ValueError where the watcher would have more
        than `most` under way, but for the one `instead` of which this is.
        """
        with self._lock:
            job = self._jobs.get(key)
            self._check(job, watcher, most, instead)
            lost = (State.FAILED, State.STOPPED) if anew else (State.FAILED,)
            if job is None or job.progress.state in lost:
                job = self._jobs[key] = Job(key, work, waits)
            return self.resume(job, watcher)

    def _check(self, job: Job | None, watcher: str, most: int | None, instead: Job | None = None) -> None:
        others = [other for other in self._active if other not in (job, instead)]
        under_way = sum(watcher in other.watchers and other.active for other in others)
        if most is not None and under_way >= most:
            raise ValueError(f"You have {under_way} runs under way, the most on this server: stop one of them first.")

    def resume(self, job: Job, watcher: str, most: int | None = None) -> Job:
        """Watch a job and have it go on where it was stopped; ValueError as `submit`."""
        with self._lock:
            self._check(job, watcher, most)
            job.watchers.add(watcher)
            job.seen_by.add(watcher)
            if job.go():
                self._active = [*(other for other in self._active if other.active and other is not job), job]
                known = self._jobs.get(job.key)
                if known is None or not known.active or known is job:  # a stopped one may have been begun anew
                    self._jobs.pop(job.key, None)
                    self._jobs[job.key] = job
                self._forget()
                self._line_up(job)
            return job

    def _line_up(self, job: Job) -> None:
        apart = job.apart
        self._waiting[apart].append(job)
        if self._threads[apart] < self._places[apart]:
            self._threads[apart] += 1
            threading.Thread(target=self._serve, args=(apart,), name="jobs", daemon=True).start()

    def _serve(self, apart: bool) -> None:
        give_way()
        while True:
            with self._lock:
                if not self._waiting[apart]:
                    self._threads[apart] -= 1
                    return
                job = self._waiting[apart].popleft()
            with ending.computing():
                goes_on = job.run()
            if goes_on:
                with self._lock:
                    self._line_up(job)

    def succeed(self, key: Hashable, watcher: str) -> Job | None:
        """Take the place of a session that is gone at the job of that key, as it is; None where there is no such place.

        So a tab that was reloaded finds its work again. Of work at rest a place is kept for a while.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None or (job.progress.finished and time.monotonic() > job.rested + FOUND):
                return None
            gone = next((other for other in job.seen_by if not self.present(other)), None)
            if gone is None:
                return None
            for names in (job.watchers, job.seen_by):
                names.discard(gone)
            job.seen_by.add(watcher)
            if not job.progress.finished:
                job.watchers.add(watcher)
            return job

    def let_go(self, job: Job, watcher: str) -> None:
        """Watch a job no longer, and show it no longer either."""
        with self._lock:
            job.seen_by.discard(watcher)
            self.leave(job, watcher)

    def leave(self, job: Job, watcher: str) -> bool:
        """Watch a job no longer -> whether it goes on for others; where there are none it is stopped."""
        with self._lock:
            job.watchers.discard(watcher)
            if not job.watchers:
                job.stop()
            return bool(job.watchers) and not job.progress.finished

    def leave_later(self, watcher: str, seconds: float = GRACE) -> threading.Timer:
        """Have a watcher leave all its jobs where it is not present after so many seconds, or so many later."""
        timer = threading.Timer(seconds, self._leave_all, (watcher, seconds))
        timer.daemon = True
        timer.start()
        return timer

    def _leave_all(self, watcher: str, seconds: float) -> None:
        with self._lock:
            watched = [job for job in self._active if job.active and watcher in job.watchers]
            if watched and self.present(watcher):
                self.leave_later(watcher, seconds)  # nobody may tell when it goes the next time
                return
            for job in watched:
                self.leave(job, watcher)

    def place(self, job: Job) -> int:
        """How many jobs run or wait before it; 0 where it runs or has ended."""
        with self._lock:
            apart = job.apart
            states = [(other, other.progress.state) for other in self._active if other.apart == apart]
        waiting = [other for other, state in states if state is State.QUEUED]
        running = sum(state is State.RUNNING for _, state in states)
        return running + waiting.index(job) if job in waiting else 0

    def _forget(self) -> None:
        resting = [job for job in self._jobs.values() if not job.active]
        for job in resting[: max(0, len(resting) - KEPT)]:
            del self._jobs[job.key]
