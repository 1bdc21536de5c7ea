"""Results kept by their configurations: computed once, however many ask, and bounded in entries and in bytes.

`functools.lru_cache` computes twice what two ask for at once, and knows nothing of how large its entries are. All that
is kept here shares one bound in bytes; what is large and nobody has asked for long goes first, of whatever function.
"""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np
import torch

from ays_toy.figures.plotted import Drawn

P = ParamSpec("P")
T = TypeVar("T")
MOST_BYTES = 256 * 2**20  # of all that is kept
REST_BYTES = 32 * 2**20  # that stay when everybody has left
LOOK = 0.5  # seconds between looks at what another thread computes: a wait without end does not end with the process

_lock = threading.RLock()
_turns = count()
_every: "list[Kept[..., Any]]" = []


@dataclass(eq=False)
class _Entry:
    value: Any
    size: int
    turn: int  # when it was last asked for
    again: bool = False  # whether it was measured once more: what it computes on demand, it keeps


class Kept(Generic[P, T]):
    """A function whose latest results are kept, made by `kept`."""

    def __init__(self, function: Callable[P, T], entries: int) -> None:
        self._function, self._most = function, entries
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()  # the one asked for the longest ago first
        self._coming: dict[Hashable, threading.Event] = {}
        self.bytes = 0  # of its entries, counted as they change: to go through all of them takes a while
        self.__doc__, self.__name__ = function.__doc__, getattr(function, "__name__", "kept")
        _every.append(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result; what another thread computes already is waited for. Failures are not kept."""
        key = _key(args, kwargs)
        while True:
            with _lock:
                if entry := self._entries.get(key):
                    self._used(key, entry)
                    return entry.value
                coming = self._coming.get(key)
                if coming is None:
                    mine = self._coming[key] = threading.Event()
                    break
            coming.wait(LOOK)
        try:
            value = self._function(*args, **kwargs)
            entry = _Entry(value, size((key, value)), next(_turns))
            with _lock:
                self._entries[key] = entry
                self.bytes += entry.size
                while len(self._entries) > self._most:
                    self.bytes -= self._entries.popitem(last=False)[1].size
            keep_within(MOST_BYTES)
            return value
        finally:
            with _lock:
                del self._coming[key]
            mine.set()

    def known(self, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The result where it is kept; None otherwise."""
        with _lock:
            entry = self._entries.get(key := _key(args, kwargs))
            if entry:
                self._used(key, entry)
            return entry.value if entry else None

    def clear(self) -> None:
        """Forget all results."""
        with _lock:
            self._entries.clear()
            self.bytes = 0

    def _used(self, key: Hashable, entry: _Entry) -> None:
        self._entries.move_to_end(key)
        entry.turn = next(_turns)
        if not entry.again:
            before, entry.size, entry.again = entry.size, size((key, entry.value)), True
            self.bytes += entry.size - before


def kept(entries: int) -> Callable[[Callable[P, T]], Kept[P, T]]:
    """Keep the results of a function, at most so many, by its arguments, which must be hashable and small."""
    return lambda function: Kept(function, entries)


def keep_within(most: int) -> None:
    """Forget results until all that is kept takes at most so many bytes: the large ones that nobody has asked for long.

    Of each function the one not asked for the longest may go, and of those the one whose size times the time since then
    is largest: what takes a few bytes and seconds to compute stays, before trajectories of many megabytes. The latest
    result of all stays, however large it is: it was asked for just now.
    """
    with _lock:
        while total_bytes() > most:
            oldest = [(one, next(iter(one._entries.items()))) for one in _every if one._entries]
            latest = max(entry.turn for one in _every for entry in one._entries.values())
            others = [(one, key, entry) for one, (key, entry) in oldest if entry.turn != latest]
            if not others:
                return
            owner, key, entry = max(others, key=lambda found: found[2].size * (latest - found[2].turn))
            del owner._entries[key]
            owner.bytes -= entry.size


def total_bytes() -> int:
    """Bytes of all that is kept, about."""
    with _lock:
        return sum(one.bytes for one in _every)


def size(value: Any, seen: set[int] | None = None) -> int:
    """Bytes of a value with all that it holds: arrays, tensors, figures, texts, collections and what has attributes."""
    seen = set() if seen is None else seen
    if id(value) in seen or isinstance(value, type) or callable(value):
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray | torch.Tensor | Drawn):
        return int(value.nbytes)
    inner: Collection[Any] = ()
    if isinstance(value, Future):
        inner = (value.result(),) if value.done() and not value.cancelled() and not value.exception() else ()
    elif isinstance(value, Mapping):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner = value
    held = getattr(value, "__dict__", {})
    return sys.getsizeof(value) + sum(size(one, seen) for one in (*inner, *held.values()))


def _key(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Hashable:
    return (args, tuple(sorted(kwargs.items()))) if kwargs else args
