"""A page that opens in a real Chromium: its pictures are there before Plotly is, where and as its figure has them."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import READY, Visit, altered, required, serving
from PIL import Image
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser
required()
OPENED = [
    ("explore?data=ring-8&steps=4&shown=edm,logsnr", {}),
    ("explore?data=ring-8&steps=4&shown=edm,logsnr,cosine,time-uniform,klub-optimum", {"width": 390, "height": 844}),
    ("explore?data=ring-8&steps=4&present=1", {"scheme": "dark"}),
    ("optimize?data=ring-8", {"width": 1024, "height": 768, "scheme": "dark"}),
    ("beat_ays?data=ring-8&steps=4", {"width": 1280, "height": 720}),
]
BEFORE, WORDS = ".before img", ".before figcaption"  # until the figure is there
DRAWN, TITLES = ".st-key-panels .heatmaplayer image", ".st-key-panels .annotation-text"
STYLED = "() => parseFloat(getComputedStyle(document.querySelector('.block-container')).paddingLeft) < 40"  # not 80
BELOW = ".st-key-verdict"  # the pictures
LONG_START = "from ays_toy.ui import opening\nopening.HEAD_START = 5"
LOADED = f"() => [...document.querySelectorAll('{BEFORE}')].every((one) => one.complete)"
BOXES = """all => all.map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  const around = one.closest("[class*=st-key-panels_box]").getBoundingClientRect();
  return [x - around.x, y - around.y, width, height];
})"""


@contextmanager
def without_plotly(page: Page) -> Iterator[None]:
    """Plotly does not come to a page before the end."""
    held: list[Route] = []
    page.route("**/static/js/PlotlyChart.*", lambda route: held.append(route))
    yield
    assert held, "it would have come"
    for route in held:
        route.continue_()
    page.unroute("**/static/js/PlotlyChart.*")


def boxes(page: Page, what: str) -> np.ndarray:
    """Left and top within their row, width and height of each [things, 4], in pixels."""
    return np.array(page.locator(what).evaluate_all(BOXES))


def seen(page: Page, what: str) -> np.ndarray:
    """The first of these as it is on the screen, in gray, once that has stood still for a moment."""
    one, shot = page.locator(what).first, b""
    for _ in range(20):  # what comes above it may move it away just as it is taken
        if shot == (shot := one.screenshot()):
            break
        page.wait_for_timeout(300)
    return np.array(Image.open(io.BytesIO(shot)).convert("L"))[2:-2, 2:-2].astype(float)


@pytest.mark.parametrize(("address", "look"), OPENED)
def test_the_pictures_are_there_before_plotly_which_puts_the_same_in_their_place(
    visits: Callable[..., Visit], server: str, address: str, look: dict[str, Any]
) -> None:
    page = visits(**look).page
    with without_plotly(page):
        page.goto(f"{server}/{address}")
        expect(page.locator(BEFORE).first).to_be_visible(timeout=60_000)
        page.wait_for_function(LOADED)
        page.wait_for_selector(READY)
        expect(page.locator(DRAWN)).to_have_count(0)
        pictures, captions, picture = boxes(page, BEFORE), boxes(page, WORDS), seen(page, BEFORE)
        words = page.locator(WORDS).all_text_contents()
    expect(page.locator(DRAWN)).to_have_count(len(words), timeout=60_000)
    expect(page.locator(BEFORE).first).to_be_hidden()
    page.wait_for_selector(READY)
    assert np.abs(boxes(page, DRAWN) - pictures).max() < 1.5
    titles = page.locator(TITLES).all_text_contents()
    assert ["".join(one.split()) for one in titles] == ["".join(one.split()) for one in words]
    assert np.abs(boxes(page, TITLES) - captions)[:, :3].max() < 6, "words begin where they did, at the same size"
    for _ in range(20):  # where a browser lags behind, it may show an older frame
        drawn = seen(page, DRAWN)
        height, width = np.minimum(picture.shape, drawn.shape)
        alike = np.corrcoef(picture[:height, :width].ravel(), drawn[:height, :width].ravel())[0, 1]
        if alike > 0.95:
            break
        page.wait_for_timeout(500)
    assert alike > 0.95


def test_words_are_styled_before_a_browser_has_read_what_html_takes(visits: Callable[..., Visit], server: str) -> None:
    page, held = visits(device_scale_factor=1).page, list[Route]()
    page.route("**/static/js/Html.*", lambda route: held.append(route))
    with page.expect_request("**/static/js/Html.*", timeout=60_000):
        page.goto(f"{server}/explore?data=ring-8&steps=4&present=1")
    expect(page.locator("h3")).to_be_visible(timeout=60_000)
    page.wait_for_function(STYLED, timeout=60_000)
    expect(page.locator("[data-testid=stSidebar]")).to_be_hidden()  # that the page is presented is known as well
    for route in held:
        route.continue_()


def test_nothing_below_the_first_pictures_moves_when_their_figure_comes(
    visits: Callable[..., Visit], tmp_path: Path
) -> None:
    page = visits().page
    with serving(tmp_path, altered(tmp_path, LONG_START)) as url:
        with without_plotly(page):
            page.goto(f"{url}/explore?data=ring-8&steps=4")
            expect(page.locator(BEFORE).first).to_be_visible(timeout=60_000)
            page.wait_for_selector(READY)
            before = page.locator(BELOW).bounding_box()
            expect(page.locator(DRAWN)).to_have_count(0)
        page.wait_for_selector(DRAWN)
        page.wait_for_selector(READY)
        after = page.locator(BELOW).bounding_box()
        page.goto("about:blank")
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 4
