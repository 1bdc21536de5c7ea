"""Work in processes beside a server's own, which many share: there it waits for no turn among the threads of pages.

A pass is some ten thousand small operations. In a thread, each gives the one interpreter away and has to get it back
from those that run pages, so that a second of work took half a minute where thirty people changed something at once.
The processes are loky's, which joblib brings: begun when there is work, and gone when there has been none for a while.
What a page's run waits for has processes before all others, one to a processor; what the page is shown without
meanwhile has as many, and searches, which take many seconds, have one that lets all others go first.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from functools import partial
from pathlib import Path
from tempfile import mkstemp
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
IDLE = 120  # seconds without work after which a process ends, and gives its memory back
TRIES = 2  # of work whose process died, before it is done here
FIRST, NEXT, LAST = 1, 8, 10  # by how much such processes let others go first: pages are to answer, come what may
LOOK = 0.05  # seconds between looks at whether work is done, and of a process at whether it is to stop
_begun = threading.Event()
_making = threading.Lock()
_made: dict[int, Any] = {}  # the executors, by how much they let others go first


def begin() -> None:
    """Have work done apart from now on."""
    _begun.set()


def begun() -> bool:
    """Whether work is done apart."""
    return _begun.is_set()


def end() -> None:
    """Have work done here again, and end the processes."""
    _begun.clear()
    with _making:
        for one in _made.values():
            one.shutdown(wait=False, kill_workers=True)
        _made.clear()


def do(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What the work returns or raises: done apart where that was begun, or else here. A page's run waits for it."""
    if not _begun.is_set():
        return work(*arguments, **named)
    return _done(partial(work, *arguments, **named), FIRST)


def do_meanwhile(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """The same of work that the page is shown without until it is done."""
    if not _begun.is_set():
        return work(*arguments, **named)
    return _done(partial(work, *arguments, **named), NEXT)


def until(stop: Callable[[], bool], work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """The same of work that takes long and a `stop=`, which is asked here, in this thread."""
    if not _begun.is_set():
        return work(*arguments, **named, stop=stop)
    handle, name = mkstemp(prefix="ays-")  # there as long as the work is to go on
    os.close(handle)
    flag = Path(name)
    try:
        asked = partial(work, *arguments, **named, stop=Flag(name))
        return _done(asked, LAST, lambda: flag.unlink(missing_ok=True) if stop() else None)
    finally:
        flag.unlink(missing_ok=True)


def _done(work: Callable[[], T], after: int, meanwhile: Callable[[], object] = lambda: None) -> T:
    """What the work comes to in another process; here where two of them have died of it."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    for _ in range(TRIES):
        try:
            coming = _executor(after).submit(work)
            while not coming.done():
                wait([coming], LOOK)  # and no longer: where the server ends, this thread is asked to
                meanwhile()
            done: T = coming.result()
            return done
        except BrokenProcessPool:
            with _making:
                _made.clear()
    return work()


class Flag:
    """`stop` in another process: a file that is gone says so, looked for now and then."""

    def __init__(self, name: str) -> None:
        self._name, self._looked, self._gone = name, 0.0, False

    def __call__(self) -> bool:
        """Whether to stop."""
        if not self._gone and (now := time.monotonic()) > self._looked + LOOK:
            self._gone, self._looked = not Path(self._name).exists(), now
        return self._gone


def _executor(after: int) -> Any:
    with _making:
        if after not in _made:
            _made[after] = executor(1 if after == LAST else os.cpu_count() or 1, after)
        return _made[after]


def executor(count: int, after: int, idle: float | None = IDLE) -> Any:
    """So many processes, which let others go first by so much, and end after so many idle seconds, or with this one."""
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(count, timeout=idle, initializer=_prepare, initargs=(os.getpid(), after))


def _prepare(server: int, after: int) -> None:
    """Make a process ready: one thread for torch, others first, and no longer there than the server."""
    import torch

    torch.set_num_threads(1)
    if sys.platform != "win32":
        os.nice(after)
        threading.Thread(target=_end_with, args=(server,), daemon=True).start()


def _end_with(server: int) -> None:
    while os.getppid() == server:
        time.sleep(1)
    os._exit(0)
