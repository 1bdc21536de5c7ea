"""The end of the process: what still computes in threads is stopped where it is, and waited for.

Streamlit runs pages in daemon threads, and what those start are daemons too, which Python does not wait for; one that
is inside torch when the interpreter is taken down aborts the whole process. So once the main thread has ended,
`SystemExit` is raised in every thread that computes, wherever it is, and takes effect as soon as its operation in C has
returned: within one operation of torch, which is less than a step of anything here, and asks nothing of the library.
"""

import ctypes
import gc
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
PAGE = "ScriptRunner.scriptThread"  # what Streamlit names the threads that run pages
PATIENCE = 5.0  # seconds for what does not come back from C; a daemon that waits for a network, say, does no harm
BETWEEN = 0.02  # seconds

_ended = threading.Event()
_computing: set[int] = set()  # the threads that are inside `computing`
_lock = threading.Lock()


@contextmanager
def computing() -> Iterator[None]:
    """Let what runs inside be stopped, and waited for, when the process ends; it does not begin after that."""
    me = threading.get_ident()
    with _lock:
        if _ended.is_set():
            raise SystemExit
        _computing.add(me)
    try:
        yield
    finally:
        with _lock:  # as `_stop` holds it too, nothing is raised in this thread any more once it is left
            _computing.discard(me)


class Pool(ThreadPoolExecutor):
    """Threads for tasks that compute; those that have not begun when the process ends never do."""

    def submit(self, work: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> "Future[T]":
        """Have a thread do the work as soon as one is free."""
        return super().submit(computing()(work), *arguments, **named)


def _end() -> None:
    _ended.set()
    last = time.monotonic() + PATIENCE
    while _stop() and time.monotonic() < last:
        time.sleep(BETWEEN)
    gc.freeze()  # or Python would look through all that torch and plotly are made of once more: a second


def _stop() -> bool:
    """Raise SystemExit in every thread that computes -> whether there are any."""
    with _lock:
        pages = {thread.ident for thread in threading.enumerate() if thread.name == PAGE and thread.ident}
        for thread in (found := _computing | pages):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(SystemExit))
    return bool(found)


# Python calls it once the main thread has ended, before it waits for other threads; `atexit` would be too late. What is
# registered last is called first, so this is called before what `concurrent.futures` has for its own threads.
threading._register_atexit(_end)  # type: ignore[attr-defined]
