"""Journeys through the app in a real Chromium, against a real server."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROOT = Path(__file__).parent.parent
QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
READY = "[data-testid=stApp][data-test-script-state=notRunning]"

if CHROMIUM is None and not os.environ.get("AYS_REQUIRE_BROWSER"):
    pytest.skip("no Chromium on this machine", allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    url = f"http://localhost:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=5)
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


class Visit:
    """A page of the app and what went wrong on it."""

    def __init__(self, browser: Browser, width: int, height: int, scheme: str) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.page.set_default_timeout(60_000)
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("requestfailed", lambda request: self.troubles.append(request.url))

    def open(self, url: str) -> "Visit":
        self.page.goto(url)
        self.page.wait_for_selector(".st-key-rail .js-plotly-plot")
        return self.settled()

    def settled(self) -> "Visit":
        self.page.wait_for_selector(READY)
        expect(self.page.locator("[data-testid=stDataFrame]")).to_have_count(1)
        self.page.wait_for_timeout(600)  # Plotly draws after the script has ended
        self.page.wait_for_selector(READY)
        return self

    def boxes(self) -> list[tuple[int, ...]]:
        """Where everything stands, in whole pixels."""
        found = self.page.locator(".stPlotlyChart, [data-testid=stCaptionContainer], [data-testid=stDataFrame], h3")
        return [tuple(round(side) for side in found.nth(k).bounding_box().values()) for k in range(found.count())]

    def titles(self) -> list[str]:
        return self.page.locator(".st-key-panels .annotation-text").all_text_contents()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator:
    visits = []

    def open_at(query: str = "", width: int = 1440, height: int = 900, scheme: str = "light") -> Visit:
        visits.append(Visit(browser, width, height, scheme))
        return visits[-1].open(f"{server}/{query}")

    yield open_at
    for visited in visits:
        visited.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_view_is_a_whole_answer_on_one_screen(visit, scheme):
    first = visit(scheme=scheme)
    expect(first.page.locator(".st-key-panels .heatmaplayer image")).to_have_count(4)
    titles = " ".join(first.titles())
    assert re.search(r"The data.*EDM.*LogSNR.*Optimized, p = 2", titles, re.DOTALL)
    assert titles.count("NLL") == 4
    assert first.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") <= 900
    assert first.page.locator(".st-key-rail .scatterlayer .fills path").count() >= 3
    assert first.page.locator("[data-testid=stException]").count() == 0
    assert first.troubles == []


def test_at_1024_nothing_lies_over_anything_else(visit):
    narrow = visit(width=1024, scheme="dark")
    texts = narrow.page.locator(".st-key-panels .annotation-text").all()
    spans = sorted((box["x"], box["x"] + box["width"]) for box in (text.bounding_box() for text in texts))
    assert all(right <= left + 1 for (_, right), (left, _) in pairwise(spans))
    boxes = sorted((box[1], box[1] + box[3]) for box in narrow.boxes() if box[0] < 500)
    assert all(bottom <= top + 2 for (_, bottom), (top, _) in pairwise(boxes))


def test_the_steps_move_by_keyboard_and_nothing_jumps(visit):
    seen = visit()
    before, titles = seen.boxes(), seen.titles()
    seen.page.locator(".st-key-steps input[type=range]").focus()
    seen.page.keyboard.press("ArrowRight")
    expect(seen.page).to_have_url(re.compile("steps=9"))
    seen.settled()
    assert seen.titles() != titles
    assert seen.boxes() == before
    assert "9 denoiser calls" in seen.page.locator("h3").inner_text()


def test_a_link_shows_the_view_it_names_and_a_bad_part_of_it_is_named(visit):
    shared = visit("?data=spirals&model=mlp&solver=dpmpp-2m&steps=10&baselines=time-uniform&power=3.0&seed=99999")
    assert [title for title in ("Time-uniform", "Optimized, p = 3") if title in " ".join(shared.titles())] == [
        "Time-uniform",
        "Optimized, p = 3",
    ]
    expect(shared.page.locator("[data-testid=stAlert]")).to_have_count(1)
    expect(shared.page.locator("[data-testid=stAlert]")).to_contain_text("seed")
    assert "seed" not in shared.page.url
    assert shared.page.locator("[data-testid=stException]").count() == 0


def test_new_noise_changes_the_samples_but_not_the_schedules(visit):
    seen = visit()
    rail = seen.page.locator(".st-key-rail .scatterlayer").first.inner_html()
    titles = seen.titles()
    seen.page.get_by_role("button", name="New noise").click()
    expect(seen.page).to_have_url(re.compile("seed=1"))
    seen.settled()
    assert seen.titles() != titles
    assert seen.page.locator(".st-key-rail .scatterlayer").first.inner_html() == rail
