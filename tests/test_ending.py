"""The end of a process: whatever computes in threads is stopped, and the code is that of the main thread."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from chromium import PROGRAM, READY, ROOT, started

resource = pytest.importorskip("resource", reason="Windows does not tell what a process has computed")
SOON = 1.0  # seconds of computing; it takes about a quarter of that
linux = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="only Linux tells what others compute")
none = PROGRAM is None and not os.environ.get("AYS_REQUIRE_BROWSER")
browser = pytest.mark.skipif(none, reason="no Chromium on this machine")


def ends(code: str, expected: int = 0) -> str:
    """Run a program that calls `last()` before it ends -> what it wrote to stderr; it has to end soon after.

    What it computes after that is counted, not the time on the clock: other tests run beside it.
    """
    last = "def last():\n    import time\n    print('last', time.process_time(), flush=True)\n"
    command = [sys.executable, "-c", last + textwrap.dedent(code)]
    before = _computed()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == expected, stderr
    until_last = float(stdout.split("last ")[1])
    assert _computed() - before - until_last < SOON
    return stderr


def _computed(process: int | None = None) -> float:
    """Seconds that a process has computed, or all that this one has started and seen end."""
    if process is None:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime
    ticks = Path(f"/proc/{process}/stat").read_text().rsplit(") ")[-1].split()[11:13]  # user's and system's
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


BUSY = """
    import sys, threading, time, torch
    from ays_toy.ui.ending import Pool, computing
    from ays_toy.ui.job_queue import JobQueue

    def endless(begun):
        x = torch.rand(300, 300)
        while True:
            x = torch.linalg.svd(x)[0]
            begun.set()

    def from_a_page(target):  # Streamlit runs pages in daemon threads, and what those start inherits that
        thread = threading.Thread(target=target, daemon=True, name="ScriptRunner.scriptThread")
        thread.start()
        return thread

    begun = threading.Event()
"""


@pytest.mark.parametrize(
    "where",
    {
        "a pool": "pool = Pool(1, 'test'); from_a_page(lambda: [pool.submit(endless, begun) for _ in range(40)])",
        "a page that waits for a pool": "from_a_page(lambda: Pool(1, 'test').submit(endless, begun).result())",
        "a page": "from_a_page(lambda: endless(begun))",
        "a job": "queue = JobQueue(1); from_a_page(lambda: [queue.submit(k, lambda stop: endless(begun), 'me') "
        "for k in range(40)])",
    }.items(),
    ids=lambda where: where[0],
)
def test_what_is_inside_torch_when_the_process_ends_neither_aborts_nor_holds_it(where):
    text = f"{textwrap.dedent(BUSY)}\n{where[1]}\nbegun.wait()\nlast()\nsys.exit(7)"
    assert ends(text, 7) == ""


def test_what_cannot_be_stopped_is_not_waited_for_for_ever():
    code = """
        import threading, time
        from ays_toy.ui import ending
        def network():
            with ending.computing():
                time.sleep(600)
        threading.Thread(target=network, daemon=True).start()
        ending.PATIENCE = 0.5
        last()
    """
    ends(code)


def test_nothing_is_stopped_before_the_end_and_nothing_begins_after_it():
    code = """
        import threading
        from ays_toy.ui import ending
        pool = ending.Pool(1, "test")
        assert pool.submit(sum, [1, 2]).result() == 3
        ending._end()
        assert pool.submit(print, "too late").exception().__class__ is SystemExit
        last()
    """
    assert ends(code) == ""


@pytest.mark.parametrize("page", ["explore", "data", "optimize"])
def test_a_process_that_ran_a_page_ends_with_its_own_code(page, tmp_path):
    code = f"""
        import os, sys
        os.environ["AYS_EXPLORER_HOME"] = {str(tmp_path)!r}
        from streamlit.testing.v1 import AppTest
        from ays_toy.ui import compute
        at = AppTest.from_file("pages/{page}.py", default_timeout=100).run()
        assert not at.exception
        compute.searches.submit(compute.finding.choose, compute.Model("grid-4x4"), "ddim", 20)  # for another session
        last()
        sys.exit(3)
    """
    assert "terminate called" not in ends(code, 3)


@linux
@browser
@pytest.mark.browser
@pytest.mark.parametrize(
    ("asked", "page", "starts", "runs"),
    [
        (signal.SIGINT, "optimize", ".st-key-run-search button", ".st-key-stop-search button"),
        (signal.SIGTERM, "train", ".st-key-train button", ".st-key-stop-training button"),
        (
            signal.SIGTERM,
            "images?image_model=digits&steps=7",
            ".st-key-run-images button",
            ".st-key-stop-images button",
        ),
    ],
)
def test_a_server_ends_soon_and_with_code_0_while_a_job_runs(request, tmp_path, asked, page, starts, runs):
    with started(tmp_path) as (process, url):
        visit = request.getfixturevalue("browser").new_page()
        visit.goto(f"{url}/{page}")
        visit.wait_for_selector(READY, timeout=60_000)
        visit.locator(starts).click()
        visit.wait_for_selector(runs, timeout=60_000)
        time.sleep(1)
        others, until_now = _computed(), _computed(process.pid)
        process.send_signal(asked)
        code = process.wait(timeout=60)
        took = _computed() - others - until_now
        visit.close()
        said = next(tmp_path.glob("*.log")).read_text()
    assert (code, "terminate called" in said, "Traceback" in said) == (0, False, False), said
    assert took < SOON
