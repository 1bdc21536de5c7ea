"""From page to page in a real Chromium: what is trained is optimized and explored, and nothing is lost on the way."""

import re
from pathlib import Path

import pytest
from chromium import READY, required, serving
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
required()
SMALL = "data=ring-8&width=16&batch=64"


def go(page: Page, name: str) -> None:
    """By the navigation, as a user does: a reload would lose the session."""
    page.get_by_role("link", name=name, exact=True).click()
    expect(page).to_have_url(re.compile(f"/{name.lower()}" if name != "Explore" else r"/(explore)?(\?|$)"))


def model(page: Page) -> Locator:
    """The box of the chosen model."""
    return page.get_by_role("combobox", name="Model")


def sweeps(page: Page) -> int:
    """The sweep that the player shows."""
    found = re.search(r"Sweep (\d+)", page.locator(".words").inner_text())
    return int(found[1]) if found else -1


def test_train_then_optimize_then_explore_without_a_reload_and_after_a_crash(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path) as url:
        page.goto(f"{url}/train?{SMALL}&length=500")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text("done after")).to_be_visible(timeout=180_000)
        page.get_by_label("Keep this model as").fill("ringed")
        page.get_by_label("Keep this model as").press("Enter")
        page.get_by_role("button", name="Keep", exact=True).click()
        page.get_by_role("button", name="Optimize its schedule").click()
        expect(model(page)).to_have_value("ringed (your model)", timeout=60_000)
        steps = page.locator(".st-key-steps input[type=range]")
        steps.focus()
        page.keyboard.press("Home")  # two steps, two levels to move
        page.get_by_role("radio", name="512").click()
        expect(page).to_have_url(re.compile("steps=2&.*samples=512|samples=512.*steps=2"), timeout=60_000)
        page.wait_for_selector(READY)  # a click into a run that another one cuts short is lost
        page.get_by_role("button", name="Run the search", exact=True).click()
        found = page.locator(".st-key-panels .annotation-text").nth(2)
        expect(found).to_contain_text(re.compile("AYS.*NLL"), timeout=240_000)
        go(page, "Explore")
        expect(model(page)).to_have_value("ringed (your model)")
        expect(page.get_by_role("combobox", name="Data")).to_have_value("Ring of 8")
        expect(page).to_have_url(re.compile("model=saved.*ringed"), timeout=90_000)  # as soon as the page has run
        shared = page.url
        page.goto("about:blank")
    file = tmp_path / "models" / "ringed.safetensors"
    whole = file.read_bytes()
    with serving(tmp_path) as url:  # the server was killed: a new one finds what was kept
        page.goto(f"{url}/?{shared.partition('?')[2]}")
        expect(model(page)).to_have_value("ringed (your model)", timeout=120_000)
        page.wait_for_selector(".st-key-rail .js-plotly-plot")
        page.wait_for_selector(READY)
        page.goto("about:blank")  # or Explore, which is still measuring, might find it first
        page.wait_for_timeout(1000)
        file.write_bytes(whole[: len(whole) // 2])
        page.goto(f"{url}/train?{SMALL}")
        expect(page.get_by_text("is damaged and was set aside")).to_be_visible(timeout=120_000)
        expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
        page.goto("about:blank")  # before the server has gone


def test_training_outlives_clicks_elsewhere_and_stops_at_once(page: Page, server: str) -> None:
    page.goto(f"{server}/train?{SMALL}&length=16000&training_seed=7")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Train", exact=True).click()
    step = page.get_by_text(re.compile(r"step [1-9][\d,]* of 16,000"))
    expect(step).to_be_visible(timeout=120_000)
    before = int(re.search(r"step ([\d,]+)", step.inner_text())[1].replace(",", ""))
    page.get_by_role("spinbutton", name="Layers").fill("4")  # a control of the next run
    page.get_by_role("spinbutton", name="Layers").press("Enter")
    go(page, "Explore")
    page.wait_for_selector(".st-key-rail .js-plotly-plot")
    go(page, "Train")
    page.get_by_role("button", name="Stop").click()
    ended = page.get_by_text("stopped after")
    expect(ended).to_be_visible(timeout=90_000)
    after = int(re.search(r"step ([\d,]+)", ended.inner_text())[1].replace(",", ""))
    assert before < after < 16_000
    expect(page.get_by_label("Keep this model as")).to_be_enabled()


def test_a_search_outlives_clicks_elsewhere_stops_and_goes_on(page: Page, server: str) -> None:
    page.goto(f"{server}/optimize?data=checkerboard&steps=12")
    page.get_by_role("button", name="Run the search", exact=True).click()
    expect(page.locator(".words")).to_contain_text(re.compile(r"Sweep [1-9]"), timeout=180_000)
    before = sweeps(page)
    page.get_by_label("Number of steps", exact=True).first.focus()
    page.keyboard.press("ArrowRight")  # a control that the search does not depend on
    go(page, "Explore")
    page.wait_for_selector(".st-key-rail .js-plotly-plot")
    go(page, "Optimize")
    page.get_by_role("button", name="Stop", exact=True).click()
    story = page.get_by_text(re.compile(r"Stopped after sweep \d+"))
    expect(story).to_be_visible(timeout=90_000)
    reached = int(re.search(r"sweep (\d+)", story.inner_text())[1])
    assert reached >= before
    expect(page.locator(".words")).to_contain_text(f"Sweep {reached}:", timeout=90_000)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".words")).to_contain_text(re.compile(f"Sweep {reached + 1}:"), timeout=180_000)
    page.get_by_role("button", name="Stop", exact=True).click()


def test_stopping_by_hand_brings_that_sweeps_samples_and_the_link_holds_it(page: Page, server: str) -> None:
    page.goto(f"{server}/optimize?data=gaussian")
    expect(page.get_by_text("ships with the project")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Nothing moves after sweep")).to_be_visible(timeout=180_000)
    bar = page.locator(".transport input")
    bar.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    hand = page.locator(".st-key-panels .annotation-text").nth(3)
    for _ in ("here", "by its link"):
        expect(page.locator(".words")).to_contain_text("Sweep 3:", timeout=90_000)
        expect(hand).to_contain_text("AYS, sweep 3", timeout=90_000)
        expect(page).to_have_url(re.compile("sweep=3"))
        page.wait_for_selector(READY)
        page.reload()
