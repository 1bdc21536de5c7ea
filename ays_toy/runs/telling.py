"""Work elsewhere that tells what it has reached, and asks whether to stop: on a cluster, or in a process beside this.

It keeps its form, a function of `stop` that yields snapshots; where it is stopped, what is left of it stays there.
"""

import pickle
import time
from collections.abc import Callable, Iterator
from typing import Any

Stop = Callable[[], bool]
Work = Callable[[Stop], Iterator[Any]]

LOOK = 0.05  # seconds between looks at whether to stop
FRESH = 0.3  # seconds after which a snapshot that goes on changing is told anew


class Telling:
    """`stop` of work elsewhere; while it is asked, a snapshot that changes in place is told again."""

    def __init__(self, tell: Callable[[bytes], object], asked_to_stop: Stop) -> None:
        self._tell, self._asked_to_stop = tell, asked_to_stop
        self._looked = self._sent = 0.0
        self._told = False
        self._latest: Any = None
        self._bytes = b""

    def __call__(self) -> bool:
        """Whether to stop, as of a moment ago."""
        now = time.monotonic()
        if now > self._looked + LOOK:
            self._told, self._looked = self._asked_to_stop(), now
        if self._latest is not None and now > self._sent + FRESH:
            self.say(self._latest)
        return self._told

    def say(self, snapshot: Any) -> None:
        """Tell a snapshot, unless it is as it was told last."""
        new = pickle.dumps(snapshot)
        if snapshot is not self._latest or new != self._bytes:
            self._tell(new)
        self._latest, self._bytes, self._sent = snapshot, new, time.monotonic()

    def advance(self, steps: Iterator[Any]) -> bool:
        """Tell what the work reaches -> whether it has come to its end, or was stopped."""
        for snapshot in steps:
            self.say(snapshot)
            self._looked = 0.0
            if getattr(snapshot, "share", None) != 1 and self():
                return False
        return True


class StoppedRuns:
    """Runs that were stopped, each as far as it has come, by name; so many are kept, the latest."""

    def __init__(self, most: int) -> None:
        self._most, self._runs = most, dict[str, tuple[Iterator[Any], Telling]]()

    def go_on(self, run: str, work: Work, tell: Callable[[bytes], object], asked_to_stop: Stop) -> bool:
        """Go on with a run, or begin it: it tells and asks as it did at first -> whether it has come to its end."""
        if run in self._runs:
            steps, telling = self._runs.pop(run)
        else:
            telling = Telling(tell, asked_to_stop)
            steps = iter(work(telling))
        if telling.advance(steps):
            return True
        self._runs[run] = steps, telling
        for oldest in list(self._runs)[: -self._most]:
            del self._runs[oldest]
        return False
