"""Long work on other processes and machines: a Dask cluster, where the environment's `AYS_CLUSTER` names one.

Work keeps its form, a function of `stop` that yields snapshots: what comes back is iterated, stopped and iterated again
as if it ran here. A worker is sent a configuration, sends snapshots through a queue of the run, and looks at an event
of the run to see whether it is to stop. Dask itself begins work anew whose worker has died.

AYS_CLUSTER=local                  workers of its own, one to a core but one
AYS_CLUSTER=tcp://127.0.0.1:8786   a scheduler on this machine: `dask scheduler`, `dask worker … --nthreads 1`
AYS_CLUSTER=tls://host:8786        one elsewhere; certificates as in Dask's own configuration
"""

import os
import pickle
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from ays_toy.runs.apart import LAST
from ays_toy.runs.telling import Stop, StoppedRuns, Work

P = ParamSpec("P")
T = TypeVar("T")
NAME = "AYS_CLUSTER"
PLACES = 64  # jobs at a time that this process hands on; which of them run is up to the cluster
WAIT = 0.1  # seconds between looks for snapshots
ANSWER = 10.0  # seconds for a scheduler to answer
_connecting = threading.Lock()
_local: "Popen[str] | None" = None  # the process that the workers of AYS_CLUSTER=local belong to


def wanted() -> bool:
    """Whether long work is to run on a cluster."""
    return bool(os.environ.get(NAME, "").strip())


def check(address: str) -> None:
    """ValueError unless work may be sent there: whoever can reach a scheduler can run what they like on its workers."""
    if address == "local":
        return
    parts = urlsplit(address)
    try:
        here = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = False
    if not parts.hostname or not (parts.scheme == "tls" or (parts.scheme == "tcp" and here)):
        raise ValueError(
            f"{NAME} must be local, a scheduler on this machine such as tcp://127.0.0.1:8786, or one that is reached "
            f"by TLS, tls://…, not {address}."
        )


def client() -> Any:
    """The connection to the cluster; ValueError, in a sentence, where there is none to be had."""
    address = os.environ.get(NAME, "").strip()
    with _connecting:  # two threads would both start one
        if _connected(address).status == "closed":  # its scheduler was away for too long, and may be back
            _connected.cache_clear()
        return _connected(address)


@lru_cache(maxsize=1)
def _connected(address: str) -> Any:
    check(address)
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            f"{NAME} is set, and Dask is not installed: pip install -r requirements-cluster.txt, or unset it."
        ) from None
    if address == "local":
        address = _started()
    try:
        return Client(address, timeout=ANSWER, set_as_default=False)
    except OSError:
        raise ValueError(f"No scheduler answers at {address}: start one there, or unset {NAME}.") from None


def _started() -> str:
    """Start workers of this machine -> the address of their scheduler.

    They belong to a process of their own, which ends with this one: what is spawned imports the main module of whoever
    spawns it, and that of a server is the app.
    """
    global _local  # its standard input would be closed if it were forgotten
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    surroundings = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", __spec__.name]
    _local = Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=surroundings, start_new_session=True)
    assert _local.stdout
    address = _local.stdout.readline().strip()
    if not address:
        raise ValueError(f"The workers of {NAME}=local did not start: the server's log says why.")
    return address


def _serve() -> None:
    """Workers, one to a core but one, until whoever has asked for them is gone; whose pages go first."""
    from distributed import LocalCluster

    if sys.platform != "win32":
        os.nice(LAST)
    workers = max(1, (os.cpu_count() or 2) - 1)
    with LocalCluster(workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as made:
        print(made.scheduler_address, flush=True)
        sys.stdin.read()


def do(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Have a task done that takes long: on the cluster where there is one, or else here."""
    if not wanted():
        return work(*arguments, **named)
    done: T = _result(client().submit(work, *arguments, **named, pure=False))
    return done


def through(work: Work) -> Work:
    """The same work, done on the cluster where there is one."""
    return (lambda stop: _snapshots(work, stop)) if wanted() else work


def _snapshots(work: Work, stop: Stop) -> Iterator[Any]:
    """What a worker yields of the work; stopped, it goes on where it was, on the same worker if that lives."""
    dask, run = client(), uuid.uuid4().hex
    from distributed import Event, Queue

    queue: Any = None
    stopping: Any = None
    future = where = None
    try:
        queue, stopping = Queue(run, client=dask), Event(run, client=dask)
        while True:
            stopping.clear()
            future = dask.submit(_go_on, run, work, workers=where, allow_other_workers=where is not None, pure=False)
            began, told, over = False, False, False
            while not over:
                if stop() and not told:
                    told = True
                    stopping.set()
                over = future.done()
                for kind, what in _received(queue):
                    over = False
                    if kind == "began":
                        began, where = True, [what]
                    else:
                        yield pickle.loads(what)
                if told and not began:
                    future.cancel()  # no worker was free yet
                    return
            if _result(future):
                return
    except OSError as error:
        raise ValueError(f"The cluster at {os.environ.get(NAME)} is gone: start it, and try again.") from error
    finally:
        with suppress(Exception):  # of a cluster that is gone, or an interpreter that ends
            stopping.set()
            queue.close()
            if future is not None:
                future.release()


def _received(queue: Any) -> Iterator[tuple[str, Any]]:
    """The messages of a worker that have come, after a moment where there are none."""
    come = queue.qsize()  # asked first, since a scheduler puts every wait that ends in vain into its log
    if not come:
        time.sleep(WAIT)
    for _ in range(come):
        yield queue.get()


def _result(future: Any) -> Any:
    """What the work has returned; raises what it raised, in a sentence where its workers died."""
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        raise ValueError("The machines that computed this went down, one after the other: try again.") from None
    except CancelledError:
        raise ValueError("The cluster has dropped this work: try again.") from None


_stopped = StoppedRuns(8)  # of this worker


def _go_on(run: str, work: Work) -> bool:
    """On a worker: begin a run or go on with it -> whether it has come to its end, or was stopped."""
    from distributed import Event, Queue, get_worker

    queue = Queue(run)
    queue.put(("began", get_worker().address))
    return _stopped.go_on(run, work, lambda snapshot: queue.put(("snapshot", snapshot)), Event(run).is_set)


if __name__ == "__main__":
    _serve()
