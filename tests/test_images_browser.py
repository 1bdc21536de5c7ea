"""The Images page in a real Chromium: it opens on a comparison, runs and stops, measures, and is taken home."""

import re
from collections.abc import Callable

import pytest
from chromium import READY, Visit, required
from playwright.sync_api import Page, expect

from ays_toy import names
from ays_toy.exchange.formats import FORMATS
from ays_toy.images import results

pytestmark = pytest.mark.browser
required()


def opened(page: Page, server: str, query: str = "?image_model=digits") -> Page:
    page.goto(f"{server}/images{query}")
    expect(page.locator(".strips img").first).to_be_visible(timeout=120_000)
    page.wait_for_selector(READY)
    return page


def rows(page: Page) -> list[str]:
    return [line.inner_text() for line in page.locator(".strips .name").all()]


@pytest.mark.parametrize("look", [{"width": 1440}, {"width": 1024, "scheme": "dark"}])
def test_it_opens_on_a_whole_comparison_that_fits_the_window(visits: Callable[..., Visit], server: str, look) -> None:
    page = opened(visits(**look).page, server)
    for key in ("quality", "image-klub", "image-rail"):
        expect(page.locator(f".st-key-{key} .main-svg").first).to_be_visible()
    expect(page.get_by_text(re.compile("Automatic choice .*within two standard errors"))).to_be_visible()
    cell = results.of("digits").at("stochastic-ddim", 8)
    assert len(rows(page)) == len(cell) + 1  # and what the dials make
    assert all("Fréchet" in row for row in rows(page) if "p = 2" not in row)
    room = page.locator("[data-testid=stMain]")
    assert room.evaluate("main => main.scrollWidth <= main.clientWidth")
    legend = page.locator(".st-key-quality .legend").bounding_box()
    plot = page.locator(".st-key-quality .plotbg, .st-key-quality .cartesianlayer .gridlayer").first.bounding_box()
    assert legend["y"] + legend["height"] <= plot["y"] + 12


def test_pictures_differ_from_the_reference_by_a_click(page: Page, server: str) -> None:
    opened(page, server, "?image_model=digits&solver=ddim&steps=5")
    row = page.locator(".strips img").nth(1)
    before = row.get_attribute("src")
    page.get_by_role("radio", name="Difference from 100 steps").click()
    expect(row).to_have_attribute("alt", re.compile("their difference from 100 steps"))
    assert row.get_attribute("src") != before
    expect(page).to_have_url(re.compile("pictures=difference"))


def test_a_run_is_stopped_outlives_clicks_elsewhere_and_goes_on(page: Page, server: str) -> None:
    opened(page, server, "?image_model=digits&steps=3&seed=3")
    assert not any("Fréchet" in row for row in rows(page))  # nothing was measured with three steps
    page.get_by_role("button", name="Optimize live").click()
    expect(page.get_by_text(re.compile("One pass that prices|Searching"))).to_be_visible(timeout=90_000)
    page.get_by_role("link", name="Explore", exact=True).click()
    page.wait_for_selector(".st-key-rail .js-plotly-plot")
    page.get_by_role("link", name="Images", exact=True).click()
    expect(page.get_by_text(re.compile("Searching"))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("What was reached is kept")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile("Searching, round [1-9]"))).to_be_visible(timeout=180_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("What was reached is kept")).to_be_visible(timeout=60_000)


def test_what_is_dialled_is_measured_and_taken_home(page: Page, server: str) -> None:
    opened(page, server, "?image_model=digits&solver=ddim&steps=5&power=1&share=50")
    title = "p-optimum, p = 1, 50 % from Time-uniform"
    assert any(row.splitlines() == [f"■ {title}"] for row in rows(page))
    page.get_by_role("button", name=f"Measure {title}").click()
    expect(page.get_by_text(f"{title} is measured")).to_be_visible(timeout=120_000)
    expect(page.locator(".strips .name", has_text=title)).to_contain_text("Fréchet")
    page.get_by_text("Take a schedule home").click()
    page.wait_for_timeout(400)  # a list of options closes where the page scrolls
    page.get_by_role("combobox", name="Schedule", exact=True).click()
    page.get_by_role("option", name=title).click()
    for form in FORMATS.values():
        expect(page.get_by_role("radio", name=form.title, exact=True)).to_be_in_viewport(ratio=1)
    page.get_by_role("radio", name="ComfyUI", exact=True).click()
    code = page.locator("[data-testid=stCode] code").first
    expect(code).to_have_text(re.compile(r"^[\d., ]+$"))
    assert len(code.inner_text().split(",")) == 6
    with page.expect_download() as download:
        page.get_by_role("button", name="digits-p-optimum-p-1-50-from-time-uniform-5.txt").click()
    assert download.value.path().read_text().split(",") == code.inner_text().split(",")


def test_a_model_that_is_not_there_costs_nothing_that_was_typed(page: Page, server: str) -> None:
    opened(page, server)
    box = page.get_by_role("textbox", name="Model")
    box.fill("/no/such/folder")
    box.press("Enter")
    page.get_by_role("button", name="Load, optimize and compare").click()
    expect(page.get_by_text(re.compile("/no/such/folder.*"), exact=False).last).to_be_visible(timeout=60_000)
    expect(box).to_have_value("/no/such/folder")
    expect(page.get_by_role("textbox", name="Folder of clean images")).to_be_visible()
    box.fill("digits")
    box.press("Enter")
    expect(page.locator(".strips img")).to_have_count(len(names.BASELINES) + 3, timeout=60_000)
