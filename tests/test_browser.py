"""Journeys through the app in a real Chromium, against a real server."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from chromium import READY, required
from chromium import Visit as AnyVisit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
required()


class Visit(AnyVisit):
    """The Explore page."""

    def open(self, url: str) -> "Visit":
        self.page.goto(url)
        self.page.wait_for_selector(".st-key-rail .js-plotly-plot")
        return self.settled()

    def settled(self) -> "Visit":
        self.page.wait_for_selector(READY)
        expect(self.page.locator("[data-testid=stDataFrame]")).to_have_count(1)
        self.idle()  # Plotly draws after the script has ended
        return self

    def boxes(self) -> list[tuple[int, ...]]:
        """Where everything stands, in whole pixels."""
        found = self.page.locator(".stPlotlyChart, [data-testid=stCaptionContainer], [data-testid=stDataFrame], h3")
        return [tuple(round(side) for side in found.nth(k).bounding_box().values()) for k in range(found.count())]

    def titles(self) -> list[str]:
        return self.page.locator(".st-key-panels .annotation-text").all_text_contents()


@pytest.fixture
def visit(visits: Callable[..., Visit], server: str) -> Callable[..., Visit]:
    return lambda query="", **look: visits(Visit, **look).open(f"{server}/explore{query}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_view_is_a_whole_answer_on_one_screen(visit, scheme):
    first = visit(scheme=scheme)
    expect(first.page.locator(".st-key-panels .heatmaplayer image")).to_have_count(5)
    titles = " ".join(first.titles())
    assert re.search(r"The data.*EDM.*LogSNR.*AYS.*Automatic choice", titles, re.DOTALL)
    assert titles.count("NLL") == 5
    # Once what comes late has its place: on a busy machine a font may.
    first.page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollHeight <= 900")
    assert first.page.locator(".st-key-rail .scatterlayer .fills path").count() >= 3


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
    shared = visit("?data=spirals&model=mlp&solver=dpmpp-2m&steps=10&shown=time-uniform,p-optimum&power=3.0&seed=99999")
    assert [title for title in ("Time-uniform", "KLUB optimum") if title in " ".join(shared.titles())] == [
        "Time-uniform",
        "KLUB optimum",
    ]
    expect(shared.page.locator("[data-testid=stAlert]")).to_have_count(1)
    expect(shared.page.locator("[data-testid=stAlert]")).to_contain_text("seed")
    assert "seed" not in shared.page.url


def test_new_noise_changes_the_samples_but_not_the_schedules(visit):
    seen = visit()
    marks = seen.page.locator(".st-key-rail .scatterlayer .points path")
    rail = marks.evaluate_all("all => all.map((one) => one.getAttribute('transform'))")
    titles = seen.titles()
    seen.page.get_by_role("button", name="New noise").click()
    expect(seen.page).to_have_url(re.compile("seed=1"))
    seen.settled()
    assert seen.titles() != titles
    assert rail
    assert marks.evaluate_all("all => all.map((one) => one.getAttribute('transform'))") == rail
