"""Work under way: never blocks a page, survives its reruns, stops within a step.

A job turns a generator of snapshots into something that can be watched, stopped and taken up again. It calls nothing of
Streamlit: pages poll `Job.progress`, an immutable snapshot that is replaced as a whole.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Protocol

LATELY = 15.0  # seconds, at least, over which a pace is measured


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
