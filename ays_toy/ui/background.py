"""A session's jobs: what it started or joined, watched across reruns and page changes, left when its tab is closed.

Streamlit may end a run of the page wherever it asks `st.session_state`, and begin the next. So each function here asks
first, and what it then does to queue and watches it does whole.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache

import streamlit as st
import torch
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy import serving
from ays_toy.runs import beside, cluster
from ays_toy.ui import leaving
from ays_toy.ui.job_queue import FOUND, JobQueue
from ays_toy.ui.jobs import Apart, Job, Progress, State, Work, never
from ays_toy.ui.whole import whole

POLL = 0.5  # seconds between looks at a running job
MOST_OF_ONE = 2  # jobs of a session under way on a shared server
_REFUSED = "refused "  # and the slot, in the session's state


leaving.emptied.append((FOUND, beside.end))  # what was stopped can be found again until then


@lru_cache(maxsize=1)
def queue() -> JobQueue:
    """The server's one queue."""
    return JobQueue(cluster.PLACES if cluster.wanted() else None, present=_connected)


def _connected(session: str) -> bool:
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


def device() -> str:
    """Where jobs compute: CUDA where there is any."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def device_name() -> str:
    """The device in words."""
    return torch.cuda.get_device_name() if device() == "cuda" else "CPU"


def _closed(session: str) -> None:
    queue().leave_later(session)


@st.cache_resource(scope="session", show_spinner=False, on_release=_closed)
def _until_closed(session: str) -> str:
    return session  # kept by Streamlit for as long as the session is connected


def watcher() -> str:
    """This session's name in the queue, which outlasts a dropped connection; it leaves its jobs when it is closed."""
    context = get_script_run_ctx()
    assert context is not None
    return _until_closed(context.session_id)


@dataclass
class Watch:
    """One job as one session sees it; `left` is what it last saw of a job that went on for others."""

    job: Job
    left: Progress | None = None

    @property
    def progress(self) -> Progress:
        """The latest snapshot, or the one at which this session stopped."""
        return self.left or self.job.progress


def _watches() -> dict[str, Watch]:
    watches: dict[str, Watch] = st.session_state.setdefault("watches", {})
    return watches


def current(slot: str) -> Watch | None:
    """What the session watches in that slot."""
    return _watches().get(slot)


def _most() -> int | None:
    """How many jobs a session may have under way."""
    return MOST_OF_ONE if serving.current().shared else None


def start(
    slot: str, key: Hashable, work: Work, anew: bool = False, waits: Apart = never, aside: bool = False
) -> Watch | None:
    """Watch the work of that key in the slot, in place of what was watched there; the rest as in `JobQueue.submit`.

    Work that is done `aside` has a process of its own beside a server that many share, unless a cluster does it.
    Where the session has too much under way nothing begins, and `refused` says so.
    """
    watches, name = _watches(), watcher()
    before = watches.get(slot)
    instead = before.job if before else None
    try:
        watch = Watch(queue().submit(key, _done_where(work, aside), name, anew, waits, _most(), instead))
    except ValueError as error:
        st.session_state[_REFUSED + slot] = str(error)
        return None
    watches[slot] = watch
    if before is not None and before.job is not watch.job:
        queue().let_go(before.job, name)
    return watch


def _done_where(work: Work, aside: bool) -> Work:
    return beside.through(work) if aside and not cluster.wanted() else cluster.through(work)


def take_up(slot: str, *keys: Hashable) -> bool:
    """Where the session first comes to the slot: watch there what one that is gone has left -> whether there was any.

    What was left is told by its key, which is what the page's address says. So a tab that was reloaded or closed finds
    its run again, and so does another that opens the same address; nothing begins or goes on by that.
    """
    watches, name = _watches(), watcher()
    come_to: set[str] = st.session_state.setdefault("slots come to", set())
    if slot in watches or slot in come_to:
        return False
    come_to.add(slot)  # from now on a person decides what the slot shows
    for key in keys:
        if job := queue().succeed(key, name):
            watches[slot] = Watch(job)
            return True
    return False


def clear(slot: str) -> None:
    """Watch nothing in the slot any more."""
    watches, name = _watches(), watcher()
    if slot in watches:
        queue().let_go(watches.pop(slot).job, name)


@whole
def pause(slot: str) -> None:
    """Stop the work, for this session: where others watch it too, it goes on for them."""
    watch, name = current(slot), watcher()
    if watch is not None and watch.left is None and queue().leave(watch.job, name):
        watch.left = replace(watch.job.progress, state=State.STOPPED)


@whole
def resume(slot: str) -> None:
    """Go on where the work was stopped."""
    watch, name = current(slot), watcher()
    if watch is not None:
        try:
            queue().resume(watch.job, name, _most())
        except ValueError as error:
            st.session_state[_REFUSED + slot] = str(error)
            return
        watch.left = None


def refused(slot: str) -> str:
    """Why nothing began in a slot, said once; empty where it did."""
    return str(st.session_state.pop(_REFUSED + slot, ""))


def duration(seconds: float) -> str:
    """Seconds in words, as exact as anyone needs: '0.8 s', '12 s', '3 min 20 s', '2 h 5 min'."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 5400 else f"{whole // 3600} h {whole % 3600 // 60} min"


def waiting(watch: Watch) -> str:
    """One sentence on a job that is not running: its place in the queue, or its failure; empty otherwise."""
    progress = watch.progress
    if progress.state is State.QUEUED:
        ahead = queue().place(watch.job)
        return f"Waiting for {ahead} other {'job' if ahead == 1 else 'jobs'} on this server." if ahead else "Starting …"
    return progress.error if progress.state is State.FAILED else ""
