"""Threads whose work nobody waits for, or for minutes, let those go first that somebody looks at."""

import os
import sys
import threading

YIELDING = 5  # by how much: beside a thread of a page such a thread has a quarter of the time, alone it has all


def give_way() -> None:
    """Let other threads of the process go before this one, where the system tells threads apart."""
    if sys.platform == "linux":
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + YIELDING)
