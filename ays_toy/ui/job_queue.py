"""Jobs of a server: so many at a time, and one where several ask for the same.

Watchers are names of sessions; work that nobody watches any more is stopped.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

from ays_toy.ui import ending
from ays_toy.ui.jobs import Apart, Job, State, Work, never
from ays_toy.ui.yielding import give_way

KEPT = 32  # jobs at rest whose results stay for who asks again
APART = 4  # jobs at a time that wait for something other than this machine
GRACE = 20.0  # seconds after which a session that was closed, or lost its connection, is taken to be gone
FOUND = 600.0  # seconds for which work at rest can be found again by who comes after a session that is gone


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
