"""What each page shows of a run that a session which is gone has left: the run itself, without a click."""

import threading
import time

import pytest
from pages_shown import opened

from ays_toy.images.live import ImageState
from ays_toy.runs.live_search import SearchState
from ays_toy.ui import background
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.job_queue import JobQueue
from ays_toy.ui.train.network import TrainView
from ays_toy.ui.view import SearchView

SETTINGS = {  # by page: an address, another, the run that the first describes, and what it has reached
    "train": ({"width": "16"}, {"width": "32"}, lambda: TrainView(width=16).lesson, None),
    "optimize": ({"steps": "5"}, {"steps": "6"}, lambda: SearchView(steps=5).search, SearchState()),
    "images": ({"steps": "5"}, {"steps": "6"}, lambda: ImagesView(steps=5).config, ImageState()),
}


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("page", SETTINGS)
def test_a_page_with_the_address_of_a_run_that_was_left_shows_it_and_lets_it_be_stopped(page, monkeypatch):
    address, another, key, snapshot = SETTINGS[page]
    queue, gate = JobQueue(1, lambda session: session != "gone"), threading.Event()
    monkeypatch.setattr(background, "queue", lambda: queue)

    def work(stop):
        while not stop() and not gate.wait(0.02):
            if snapshot:
                yield snapshot

    job = queue.submit(key(), work, "gone")
    try:
        assert "Stop" not in [button.label for button in opened(page, **another).button]
        at = opened(page, **address)
        assert "Stop" in [button.label for button in at.button]
        assert [toast.value for toast in at.toast] == ["Here is the run that was left with these settings."]
        assert "gone" not in job.watchers
        assert len(job.watchers) == 1
        next(button for button in at.button if button.label == "Stop").click().run()
        assert not at.exception, at.exception
        end = time.monotonic() + 10
        while not job.progress.finished:
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        gate.set()
