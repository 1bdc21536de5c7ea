"""A hub that cannot be reached: given up within seconds, the cache is used; on the page, nobody waits for it."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest
from tiny_models import unconditional

from ays_toy.images.pipelines import hub
from ays_toy.ui import background
from ays_toy.ui.jobs import State


@contextmanager
def silent_server() -> Iterator[tuple[str, list[socket.socket]]]:
    """A hub on this machine that takes every connection, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as held:
        asked: list[socket.socket] = []

        def take() -> None:
            with suppress(OSError):  # closed in the end
                while True:
                    asked.append(held.enter_context(listening.accept()[0]))

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked


def test_a_hub_that_never_answers_is_given_up_within_seconds_and_what_is_in_its_cache_is_used(tmp_path: Path) -> None:
    folder = unconditional(tmp_path / "hub" / "models--owner--tiny" / "snapshots" / "a1b2c3")
    refs = folder.parent.parent / "refs"
    refs.mkdir()
    (refs / "main").write_text("a1b2c3")
    program = """
import time
from ays_toy.images.pipelines import folders, hub
import diffusers, huggingface_hub
from diffusers import DiffusionPipeline
for name in ("owner/nowhere", "owner/tiny"):
    began = time.monotonic()
    try:
        where = hub.download(name)
        waited = time.monotonic() - began  # for the hub: what is loaded then takes its time on a busy machine
        said = folders.check(where, name, name).title
    except ValueError as error:
        waited, said = time.monotonic() - began, error
    print(waited < hub.PATIENCE + 8, said)
"""
    with silent_server() as (url, asked):
        surroundings = os.environ | {"HF_ENDPOINT": url, "HF_HUB_CACHE": str(tmp_path / "hub")}
        surroundings.pop("HF_HUB_OFFLINE", None)
        done = subprocess.run(
            [sys.executable, "-c", program], env=surroundings, capture_output=True, text=True, timeout=120
        )
        assert len(asked) <= 3, "one question each, and one of the library's own for what only the cache has"
    assert done.stdout.splitlines() == [
        "True There is no folder owner/nowhere, and the hub cannot be reached to look for a model of that name: check "
        "the connection, or give a local folder.",
        "True owner/tiny",
    ], done.stderr


def test_who_waits_for_a_model_holds_up_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = threading.Event(), threading.Event()

    def silent(_name: str) -> bool:
        asked.set()
        answered.wait(60)
        return False

    monkeypatch.setenv("AYS_EXPLORER_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "hub_answers", silent)
    background.queue.cache_clear()
    at = AppTest.from_file("../pages/images.py", default_timeout=300)
    at.query_params["image_model"] = "owner/nowhere"
    at.run().button(key="run images").click().run()
    assert asked.wait(60)
    queue = background.queue()
    others = [
        queue.submit(k, lambda _stop: iter([SimpleNamespace(share=1.0)]), "another") for k in range(queue.workers)
    ]
    for _ in range(500):
        if all(job.progress.state is State.DONE for job in others):
            break
        time.sleep(0.01)
    assert [job.progress.state for job in others] == [State.DONE] * queue.workers
    for _ in range(50):
        if at.run().get("progress"):
            break
        time.sleep(0.1)
    assert [bar.proto.text for bar in at.get("progress")] == ["Loading the model"]
    answered.set()
    for _ in range(500):
        if any("hub cannot be reached" in error.value for error in at.run().error):
            break
        time.sleep(0.05)
    assert [error.value.count(".") for error in at.error] == [1]
    assert at.button(key="run images").label == "Load, optimize and compare"  # to be tried again
