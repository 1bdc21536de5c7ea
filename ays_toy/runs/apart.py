"""Work in processes beside a server's own, which many share: there it waits for no turn among the threads of pages.

A pass is some ten thousand small operations. In a thread, each gives the one interpreter away and has to get it back
from those that run pages, so that a second of work took half a minute where thirty people changed something at once.
The processes are joblib's: begun when there is work, and gone when there has been none for a while.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
IDLE = 120  # seconds without work after which a process ends, and gives its memory back
TRIES = 2  # of work whose process died, before it is done here
BEHIND = 5  # by how much such a process lets others go first: pages are to answer, whatever is computed for them
LOOK = 0.05  # seconds between looks at whether work is done: this thread may be asked to end meanwhile
_begun = threading.Event()


def begin() -> None:
    """Have work done apart from now on."""
    _begun.set()


def end() -> None:
    """Have work done here again."""
    _begun.clear()


def do(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What the work returns or raises: done apart where that was begun, or else here."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    for _ in range(TRIES if _begun.is_set() else 0):
        try:
            coming = _processes().submit(work, *arguments, **named)
            while not coming.done():
                wait([coming], LOOK)
            done: T = coming.result()
            return done
        except BrokenProcessPool:  # one of them was killed: the next time there are others
            continue
    return work(*arguments, **named)


def _processes() -> Any:
    from joblib.externals.loky import get_reusable_executor

    return get_reusable_executor(os.cpu_count() or 1, timeout=IDLE, initializer=_prepare, initargs=(os.getpid(),))


def _prepare(server: int) -> None:
    """Make a process ready: one thread for torch, pages first, and no longer there than the server."""
    import torch

    torch.set_num_threads(1)
    if sys.platform != "win32":
        os.nice(BEHIND)
        threading.Thread(target=_end_with, args=(server,), daemon=True).start()


def _end_with(server: int) -> None:
    while os.getppid() == server:
        time.sleep(1)
    os._exit(0)
