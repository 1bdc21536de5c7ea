"""Work that several views may want at once: begun once, and dropped where nobody does any more."""

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from ays_toy.ui.ending import Pool
from ays_toy.ui.kept import Kept

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
PATIENCE = 5.0  # seconds that what is wanted later lets others go first, each
BETWEEN = 0.02  # seconds between looks at that


_thread = threading.local()


def unwanted() -> bool:
    """Whether nobody wants any more what this thread computes for `Tasks`: nobody joins it then, and it may end."""
    asked: Callable[[], bool] | None = getattr(_thread, "unwanted", None)
    return asked is not None and asked()


def there(value: T) -> "Future[T]":
    """What is known already, in the form of what is still to come."""
    future: Future[T] = Future()
    future.set_result(value)
    return future


@dataclass(eq=False)
class _Task(Generic[T]):
    later: bool
    future: "Future[T]" = field(init=False)
    wanted: int = 0


class Tasks(Generic[K, T]):
    """A kept function whose results are computed in pools: what is waited for in the first, the rest `later`.

    What is wanted later begins when nothing is waited for, or after a patience of its own. Where it is wanted at once
    after all, it moves to the first pool, unless it has begun. Work that has begun may ask whether it is `unwanted`.
    """

    def __init__(self, work: Kept[[K], T], first: Pool, later: Pool) -> None:
        self._work, self._pools = work, {False: first, True: later}
        self._coming: dict[K, _Task[T]] = {}
        self._tasks: dict[Future[T], _Task[T]] = {}
        self._lock = threading.RLock()  # a future that is cancelled calls back at once

    def want(self, key: K, later: bool = False) -> "Future[T]":
        """The result of that key, there already or under way; `drop` says that it is not wanted any more."""
        with self._lock:
            if (known := self._work.known(key)) is not None:
                return there(known)
            task = self._coming.get(key)
            failed = task is not None and task.future.done()  # just now, or it would be known
            if task is None or failed or (task.later and not later and not task.future.running()):
                task = self._begin(key, later)
            task.later = task.later and later
            task.wanted += 1
            return task.future

    def knows(self, key: K) -> bool:
        """Whether the result of that key is there, or under way."""
        with self._lock:
            return key in self._coming or self._work.known(key) is not None

    def waited_for(self) -> int:
        """How many results somebody waits for now."""
        with self._lock:
            return sum(not task.later for task in self._coming.values())

    def drop(self, futures: Iterable["Future[T]"]) -> None:
        """Want these no longer, once each: what nobody else wants and has not begun never does."""
        with self._lock:
            for future in futures:
                if task := self._tasks.get(future):
                    task.wanted -= 1
                if task is None or task.wanted <= 0:  # what is no task of these is one view's own
                    future.cancel()

    def _begin(self, key: K, later: bool) -> _Task[T]:
        task: _Task[T] = _Task(later)
        task.future = self._pools[later].submit(self._do, key, task)
        self._coming[key] = self._tasks[task.future] = task
        task.future.add_done_callback(lambda _: self._ended(key, task))
        return task

    def _do(self, key: K, task: _Task[T]) -> T:
        end = time.monotonic() + PATIENCE
        while self._lets_go_first(key) and time.monotonic() < end:
            time.sleep(BETWEEN)
        _thread.unwanted = partial(self._unwanted, key, task)
        try:
            return self._work(key)
        finally:
            del _thread.unwanted

    def _lets_go_first(self, key: K) -> bool:
        """Whether somebody waits for others and nobody for this; CancelledError where nobody wants it any more."""
        with self._lock:
            mine = self._coming.get(key)
            if mine is None or not mine.later:  # wanted at once meanwhile: what came of that is kept, or waited for
                return False
            if self._unwanted(key, mine):
                raise CancelledError
            return self.waited_for() > 0

    def _unwanted(self, key: K, task: _Task[T]) -> bool:
        """Whether nobody wants a task any more; nobody may join it after that."""
        with self._lock:
            if task.wanted <= 0 and self._coming.get(key) is task:
                del self._coming[key]
            return task.wanted <= 0

    def _ended(self, key: K, task: _Task[T]) -> None:
        with self._lock:
            self._tasks.pop(task.future, None)
            if self._coming.get(key) is task:
                del self._coming[key]
