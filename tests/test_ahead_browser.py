"""Explore in a real Chromium: what is chosen is sampled by the browser at once, and Python's figure takes its place."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import READY, Visit, altered, picture, required, serving
from playwright.sync_api import Page, expect
from test_follow_browser import figure, likeness, panels

pytestmark = pytest.mark.browser
required()
RECORD = """() => {
  const frames = window.seenFrames = [], hidden = (one) => getComputedStyle(one).visibility === "hidden";
  const look = () => {
    if (window.seenFrames !== frames) return;
    const figure = [...document.querySelectorAll(".st-key-panels .js-plotly-plot")].at(-1);
    const roots = [...document.querySelectorAll(".st-key-following *")].map((one) => one.shadowRoot).filter(Boolean);
    const row = roots.map((root) => root.querySelector(".live-row")).find(Boolean);
    const canvases = [...(row?.querySelectorAll("canvas") ?? [])];
    const points = canvases.reduce((sum, one) => sum + Number(one.dataset.points ?? 0), 0);
    if (row?.checkVisibility() && points !== window.seenPoints && canvases.every((one) => one.dataset.points)) {
      window.seenPoints = points;
      window.seenPixels = canvases.map((one) => one.toDataURL());
    }
    const words = [...document.querySelectorAll(".st-key-verdict p, .st-key-table_box canvas")];
    const meta = figure?.layout?.meta, toCome = !meta || meta.length > 3;  // then the words are of what is chosen
    if (row?.checkVisibility()) frames.push({
      view: row.dataset.view, figure: toCome ? "to come" : meta?.[2],
      said: canvases.map((one) => one.ariaLabel),
      covered: !figure || row.getBoundingClientRect().width >= figure.getBoundingClientRect().width - 1,
      other: words.filter((one) => !toCome && !hidden(one)).map((one) => one.textContent),
    });
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
SHOWN = "document.querySelector('.st-key-panels .heatmaplayer image')?.href.baseVal"  # of the data
OTHER_ROW = """(first) => [...document.querySelectorAll(".st-key-following *")].some((one) => {
  const row = one.shadowRoot?.querySelector(".live-row");
  return row && row.dataset.view !== first;
})"""


def opened(page: Page, server: str, query: str) -> Page:
    page.goto(f"{server}/?{query}")
    page.wait_for_selector(".st-key-panels .heatmaplayer image", timeout=120_000)
    rested(page)
    return page


def rested(page: Page) -> None:
    """Wait for Python's figure, and until nothing is measured any more."""
    expect(page.locator(".live-row")).to_be_hidden(timeout=60_000)
    expect(page.get_by_text("Measuring the schedules")).to_have_count(0, timeout=60_000)
    page.wait_for_selector(READY)


@contextmanager
def watched(page: Page) -> Iterator[list[dict[str, Any]]]:
    """Every frame in which the browser's own row is seen, once the page has come to rest."""
    frames: list[dict[str, Any]] = []
    page.evaluate(RECORD)
    yield frames
    rested(page)
    frames += page.evaluate("() => { const found = window.seenFrames; window.seenFrames = null; return found; }")
    for frame in frames:
        assert frame["view"] != frame["figure"], "over a figure of another view"
        assert frame["covered"], "all of it"
        assert frame["other"] == [], "no words or figures of the view before"


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def names(frame: dict[str, Any]) -> list[str]:
    return [one.partition(": ")[0] for one in frame["said"]]


def meta(page: Page) -> list[Any]:
    return page.locator(".st-key-panels .js-plotly-plot").evaluate("one => one.layout.meta")


def view(page: Page) -> str:
    return meta(page)[2]


def test_other_data_are_sampled_before_python_has_and_give_way_to_the_same(page: Page, server: str) -> None:
    opened(page, server, "data=grid-4x4&steps=9&shown=edm,time-uniform")
    before = figure(page)
    with watched(page) as frames:
        choose(page, "Data", "Pinwheel")
        page.wait_for_function("() => window.seenPixels")
    assert [names(frame) for frame in frames] == [["The data", "EDM", "Time-uniform"]] * len(frames)
    assert {frame["view"] for frame in frames} == {view(page)}
    assert figure(page)[0] != before[0]
    own = [np.array(picture(one)) for one in page.evaluate("() => window.seenPixels")]
    alike = [likeness(one, other) for one, other in zip(own[1:], panels(page), strict=True)]
    assert min(alike) > 0.9, alike  # the same samples, or the first of them
    expect(page.locator(".st-key-verdict")).to_contain_text("energy distance")
    # Back leads to the first data, by the same way.
    with watched(page) as frames:
        page.go_back()
        expect(page).to_have_url(re.compile("data=grid-4x4"))
        page.wait_for_function(f"(before) => {SHOWN} === before", arg=before[0])
    assert figure(page) == before
    assert {frame["view"] for frame in frames} <= {view(page)}


def test_schedules_may_become_more_or_fewer_and_solvers_others(page: Page, server: str) -> None:
    opened(page, server, "data=moons&steps=9&shown=edm,logsnr,cosine")
    with watched(page) as frames:
        choose(page, "Schedules side by side", "KLUB optimum")
        expect(page.locator(".st-key-panels .annotation-text")).to_have_count(5)
    # No frame at all, where Python was as soon; that there are some with what takes it longer, the next test sees.
    assert {len(frame["said"]) for frame in frames} <= {5}
    assert {names(frame)[-1] for frame in frames} <= {"KLUB optimum"}
    with watched(page) as frames:
        page.locator("[data-testid=stSidebar] [data-tag]").first.get_by_role("button").or_(
            page.get_by_label(re.compile("(Remove|Delete) EDM"))
        ).first.click()
        expect(page.locator(".st-key-panels .annotation-text")).to_have_count(4)
    now = view(page)  # frames of the view before may still come until this one is known
    assert {len(frame["said"]) for frame in frames if frame["view"] == now} <= {4}
    with watched(page) as frames:
        choose(page, "Solver", "DPM-Solver++(2M)")
        expect(page).to_have_url(re.compile("solver="))
    assert {frame["view"] for frame in frames} <= {view(page)}
    with watched(page) as frames:
        page.get_by_role("button", name="New noise").click()
        expect(page).to_have_url(re.compile("seed=1"))
    assert {frame["view"] for frame in frames} <= {view(page)}


def test_the_last_of_several_choices_wins_at_once_and_sliders_lead_on(page: Page, server: str) -> None:
    opened(page, server, "data=grid-4x4&steps=5&shown=edm,cosine")
    with watched(page) as frames:
        choose(page, "Data", "Swiss roll")
        page.wait_for_selector(".live-row:visible")
        first = page.locator(".live-row").get_attribute("data-view")
        choose(page, "Data", "S-curve")
        page.wait_for_function(OTHER_ROW, arg=first)
        page.locator(".st-key-steps input[type=range]").focus()
        page.keyboard.press("ArrowRight")
        expect(page).to_have_url(re.compile("steps=6"))
    seen = [frame["view"] for frame in frames]
    assert seen == sorted(seen, key=lambda one: one != first), "none comes back"
    assert set(seen) == {first, view(page)}
    assert {frame["figure"] for frame in frames if frame["view"] != first}.isdisjoint({view(page)})
    expect(page).to_have_url(re.compile("data=s-curve"))
    assert page.locator(".st-key-panels .js-plotly-plot").evaluate("one => one.layout.meta[0]") == 6


def test_where_workers_fail_or_the_model_is_too_heavy_the_figure_comes_as_ever(
    visits: Callable[..., Visit], server: str
) -> None:
    visit = visits()
    visit.page.add_init_script("window.Worker = class { constructor() { throw new Error('none'); } };")
    page = opened(visit.page, server, "data=grid-4x4&steps=6&shown=edm,cosine")
    before = figure(page)
    with watched(page) as frames:
        choose(page, "Data", "Circles")
        page.wait_for_function(f"(before) => {SHOWN} !== before", arg=before[0])
    assert frames == []
    expect(page.locator(".st-key-verdict")).to_be_visible()


def test_a_step_of_a_lesson_that_draws_no_sliders_ends_on_its_own_figure(page: Page, server: str) -> None:
    page.goto(f"{server}/explore?lesson=why-few-steps-fail.1")
    page.wait_for_selector(".st-key-panels .heatmaplayer image", timeout=120_000)
    rested(page)
    with watched(page):
        page.get_by_role("button", name="Next").click()
        page.wait_for_function(
            "() => document.querySelector('.st-key-panels .js-plotly-plot')?.layout?.meta?.[0] === 6", timeout=60_000
        )
    expect(page.locator(".live canvas:visible")).to_have_count(0)


SLOW = """
import time
from ays_toy.ui import compute
work = compute.outcome
if not hasattr(work, "quick"):
    work.quick = work._function
    work._function = lambda asked: [time.sleep(4), work.quick(asked)][1]
"""


@pytest.fixture
def slow_server(tmp_path: Path, page: Page) -> Iterator[str]:
    """An app whose server takes seconds for every picture."""
    with serving(tmp_path, altered(tmp_path, SLOW)) as url:
        yield url
        page.goto("about:blank")  # before the server has gone


def test_a_page_that_waits_for_its_pictures_has_ended_and_the_browser_s_stay_until_they_have_come(
    page: Page, slow_server: str
) -> None:
    to_come = "[data-testid=stApp][data-test-script-state=notRunning]:has(.st-key-to_come)"
    opened(page, slow_server, "data=ring-8&steps=6&shown=edm,cosine")
    with watched(page) as frames:
        choose(page, "Data", "Pinwheel")
        page.wait_for_function("() => window.seenPixels")
        page.wait_for_selector(to_come, state="attached")
        expect(page.locator(".st-key-verdict")).to_contain_text("Measuring")
        expect(page.locator(".st-key-verdict p").first).to_be_visible()
        assert len(meta(page)) == 4
        expect(page.locator(".live-row canvas:visible")).to_have_count(3)
    assert "to come" in {frame["figure"] for frame in frames}
    assert len(meta(page)) == 3
    expect(page.locator(".st-key-verdict")).to_contain_text("energy distance", timeout=60_000)
    expect(page.locator(".live-row canvas:visible")).to_have_count(0)
    # A slider's own pictures stay as well.
    page.locator(".st-key-steps input[type=range]").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(to_come, state="attached")
    expect(page.locator(".live canvas:visible")).to_have_count(2)
    assert meta(page)[0] == 5
    rested(page)
    assert meta(page) == [5, None, view(page)]
    expect(page.locator(".live canvas:visible")).to_have_count(0)
