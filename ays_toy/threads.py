"""One thread for small tensors: two of them would wait for each other longer than they work.

torch shares every operation on more than some ten thousand numbers among its threads. To arrange that takes about as
long as such an operation does, and many times as long where another process has one of the processors.
`torch.set_num_threads` would mend it for all that the process computes, from then on. What is here says it to OpenMP,
which keeps a number for each of Python's threads, and takes it back. (MKL heeds it too, unless somebody has called
`torch.set_num_threads`.)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

import torch
from threadpoolctl import ThreadpoolController

SMALL = 1 << 17  # numbers in the largest tensor
T = TypeVar("T")


@contextmanager
def one_thread(numbers: int = 0) -> Iterator[None]:
    """Have torch use one thread for what this thread of Python computes inside, on tensors of so many numbers.

    On larger ones all threads go on. It is a decorator of functions, too.
    """
    if numbers > SMALL:
        yield
        return
    torch.get_num_threads()  # or torch would give this thread its usual number at the first operation inside
    with _openmp().limit(limits=1):
        yield


def each_on_one_thread(items: Iterator[T], numbers: int = 0) -> Iterator[T]:
    """Have every item be computed so; between items the caller has as many threads as before."""
    while True:
        with one_thread(numbers):
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


@lru_cache(maxsize=1)
def _openmp() -> ThreadpoolController:
    return ThreadpoolController().select(internal_api="openmp")  # kept, as it looks through all libraries
