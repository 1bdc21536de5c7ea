"""Work for the workers of a cluster, which import this by its name: nothing that takes long to import."""

import os
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple


class At(NamedTuple):
    """A snapshot: how far, and in which process."""

    share: float | None
    step: int
    process: int


def steps(count: int, seconds: float, stop: Callable[[], bool]) -> Iterator[At]:
    """So many steps of so many seconds each; told to stop it yields once more, and can go on."""
    for k in range(1, count + 1):
        time.sleep(seconds)
        yield At(k / count, k, os.getpid())
        if stop():
            yield At(k / count, k, os.getpid())


def deadly(stop: Callable[[], bool]) -> Iterator[At]:
    """Work that takes down whatever process it runs in."""
    yield At(0.1, 1, os.getpid())
    os.kill(os.getpid(), 9)
    stop()


def refused(stop: Callable[[], bool]) -> Iterator[At]:
    """Work that ends in a sentence."""
    yield At(0.5, 1, os.getpid())
    raise ValueError("Lower the learning rate.")
    stop()
