"""Jobs in processes of their own beside a server: what trains or searches for minutes is in no page's way there.

Each process does one job at a time, in the order they come. What a job has reached is told through files, one a
snapshot, and another file is there for as long as it is to go on. A job that was stopped stays in its process, to go on
where it was; where that has died, it begins anew.
"""

import os
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ays_toy.runs import apart
from ays_toy.runs.telling import LOOK, Stop, StoppedRuns, Work

GOES_ON, WRITING = "goes on", "writing"  # files; snapshots are called by their numbers
_making = threading.RLock()
_made: list["_Process"] = []


def through(work: Work) -> Work:
    """The same work, done in a process beside this one where work is done apart."""
    return partial(_snapshots, work) if apart.begun() else work


def begin() -> None:
    """Begin a process before there is a job: to import all that one needs takes seconds."""
    _least_busy().executor().submit(_ready)


def _ready() -> None:
    from ays_toy.runs import live_search, live_training  # noqa: F401


def end() -> None:
    """End the processes, and what is left in them."""
    with _making:
        for one in _made:
            one.end()
        _made.clear()


class _Process:
    """A process, and how many jobs it has to do; begun with the first."""

    def __init__(self) -> None:
        self.jobs = 0
        self._executor: Any = None

    def executor(self) -> Any:
        """What takes its work."""
        with _making:
            if self._executor is None:
                self._executor = apart.executor(1, apart.LAST, idle=None)
            return self._executor

    def end(self, which: Any = None) -> None:
        """End it, where it is still that one; the next job has another."""
        with _making:
            if self._executor is not None and which in (None, self._executor):
                self._executor.shutdown(wait=False, kill_workers=True)
                self._executor = None


def _least_busy() -> _Process:
    with _making:
        while len(_made) < max(1, (os.cpu_count() or 2) - 1):
            _made.append(_Process())
        return min(_made, key=lambda one: one.jobs)


def _snapshots(work: Work, stop: Stop) -> Iterator[Any]:
    """What the work reaches there; ValueError where its process has died, and the next as well."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    process = _least_busy()
    with TemporaryDirectory(prefix="ays-", ignore_cleanup_errors=True) as name:
        run, deaths = _Run(Path(name)), 0
        while deaths < apart.TRIES:
            executor = process.executor()
            process.jobs += 1
            try:
                run.goes_on.touch()
                coming = executor.submit(_go_on, name, work)
                yield from run.until_it_rests(coming, stop)
                if not coming.cancelled() and coming.result():
                    return
            except BrokenProcessPool:
                process.end(executor)
                deaths += 1
                continue
            finally:
                process.jobs -= 1
                run.goes_on.unlink(missing_ok=True)  # where nobody asks for more
            if run.latest is None:
                return  # stopped before it had reached anything
            yield run.latest  # now that it rests: so far it has come
    raise ValueError(
        "This has taken down two processes of the server, for want of memory perhaps: try something smaller."
    )


class _Run:
    """A job as it is seen from here: the files it is told by, and what it has reached."""

    def __init__(self, folder: Path) -> None:
        self.goes_on, self.latest = folder / GOES_ON, None
        self._folder = folder

    def until_it_rests(self, coming: "Future[bool]", stop: Stop) -> Iterator[Any]:
        """Yield what it reaches, until it has ended, or it was asked to stop and has."""
        over = False
        while not over:
            over = coming.done()  # before a look at what it has reached: nothing comes after
            if stop() and not over:
                self.goes_on.unlink(missing_ok=True)
                coming.cancel()  # where it has not begun
            told = (file for file in self._folder.iterdir() if file.name.isdecimal())
            for file in sorted(told, key=lambda one: int(one.name)):
                self.latest = pickle.loads(file.read_bytes())
                file.unlink()
                if self.goes_on.exists():
                    yield self.latest
            if not over:
                wait([coming], LOOK)


_stopped = StoppedRuns(32)  # of such a process


def _go_on(name: str, work: Work) -> bool:
    """There: begin a job or go on with it -> whether it has come to its end, or was stopped."""
    folder, numbers = Path(name), count()

    def tell(snapshot: bytes) -> None:
        (folder / WRITING).write_bytes(snapshot)
        (folder / WRITING).rename(folder / f"{next(numbers)}")

    return _stopped.go_on(name, work, tell, lambda: not (folder / GOES_ON).exists())
