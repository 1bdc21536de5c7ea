"""What a teacher shows is where the link opens, in a real Chromium; and Back undoes one deed at a time."""

import re
from collections.abc import Callable

import pytest
from chromium import Visit, required
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
required()
STILL = {"reduced_motion": "no-preference"}


def steps(page: Page) -> Locator:
    return page.locator(".st-key-steps input[type=range]")


def go(page: Page, name: str, path: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    expect(page).to_have_url(re.compile(path), timeout=60_000)


def scrubber(page: Page) -> Locator:
    return page.locator(".transport input[type=range]").first


def test_a_place_in_trajectories_is_where_the_link_opens_at_rest(visits: Callable[..., Visit], server: str) -> None:
    visit = visits(**STILL)
    page = visit.page
    page.goto(f"{server}/trajectories?data=ring-8")
    expect(page.locator(".flow canvas").first).to_be_visible(timeout=120_000)
    expect(page.locator(".flow .words")).to_have_text("After step 8 of 8", timeout=60_000)
    visit.idle()
    assert "place" not in page.url, "what plays by itself is nobody's choice"
    scrubber(page).focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".flow .words")).to_have_text("After step 3 of 8")
    expect(page).to_have_url(re.compile(r"place=0\.375"), timeout=60_000)
    link = page.url

    other = visits(**STILL).page
    other.goto(link)
    expect(other.locator(".flow .words")).to_have_text("After step 3 of 8", timeout=120_000)
    other.wait_for_timeout(1200)
    expect(other.locator(".flow .words")).to_have_text("After step 3 of 8")

    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"place=0\.5"))
    page.locator(".st-key-align").get_by_text("By noise level").click()
    expect(page).to_have_url(re.compile("align=noise"))
    expect(page.locator(".flow .words")).to_contain_text("in every panel")
    visit.idle()
    page.go_back()
    expect(page.locator(".flow .words")).to_have_text("After step 4 of 8", timeout=60_000)
    page.go_back()
    expect(page.locator(".flow .words")).to_have_text("After step 3 of 8", timeout=60_000)
    go(page, "Your data", "/data")
    go(page, "Trajectories", r"/trajectories\?.*place=0\.375")
    expect(page.locator(".flow .words")).to_have_text("After step 3 of 8", timeout=60_000)


def test_a_sweep_stopped_at_by_hand_is_where_the_link_opens(visits: Callable[..., Visit], server: str) -> None:
    page = visits().page
    page.goto(f"{server}/optimize?data=gaussian&steps=4&samples=512&sweep=2")  # before it has been reached
    words, hand = page.locator(".transport .words"), page.locator(".st-key-panels .annotation-text")
    page.get_by_role("button", name="Run the search", exact=True).click()
    expect(words).to_contain_text("Sweep 2:", timeout=120_000)
    expect(page.get_by_text("Nothing moves after sweep")).to_be_visible(timeout=180_000)
    expect(words).to_contain_text("Sweep 2:")
    expect(hand.filter(has_text=re.compile("AYS, sweep 2"))).to_have_count(1, timeout=60_000)
    expect(page).to_have_url(re.compile("sweep=2"))
    scrubber(page).focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("sweep=1"), timeout=60_000)
    go(page, "Your data", r"/data(?!.*sweep)")
    go(page, "Optimize", r"/optimize.*sweep=1")
    expect(words).to_contain_text("Sweep 1:", timeout=60_000)
    scrubber(page).focus()
    page.keyboard.press("End")
    expect(page).not_to_have_url(re.compile("sweep="), timeout=60_000)
    page.go_back()
    expect(words).to_contain_text("Sweep 1:", timeout=60_000)
    steps(page).focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"steps=3"), timeout=60_000)
    expect(page).not_to_have_url(re.compile("sweep="), timeout=60_000)  # it was one of another search


def test_back_and_forward_lead_from_deed_to_deed(visits: Callable[..., Visit], server: str) -> None:
    visit = visits()
    page = visit.page
    page.goto(f"{server}/data?steps=3&sigma_min=0.05&sigma_max=10.0&power=1.25")
    expect(steps(page)).to_have_value("3", timeout=120_000)
    visit.idle()
    steps(page).focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("steps=4"))
    visit.idle()
    go(page, "Beat AYS", r"/beat_ays\?(?!.*steps=)")  # four are where it begins by itself
    visit.idle()
    page.get_by_role("button", name="Remove").click()
    expect(page).to_have_url(re.compile(r"steps=3.*levels="), timeout=60_000)
    made = page.url
    visit.idle()
    trail = [(r"/beat_ays\?(?!.*steps=)", "4"), (r"/data\?steps=4", "4"), (r"/data\?steps=3", "3")]
    for path, shown in trail:
        page.go_back()
        expect(page).to_have_url(re.compile(path), timeout=60_000)
        expect(steps(page)).to_have_value(shown, timeout=60_000)
        visit.idle()
        assert "levels" not in page.url
        expect(page).to_have_url(re.compile("power=1.25"))
    for path, shown in [*reversed(trail[:-1]), (re.escape(made.partition("?")[2]), "3")]:
        page.go_forward()
        expect(page).to_have_url(re.compile(path), timeout=60_000)
        expect(steps(page)).to_have_value(shown, timeout=60_000)
        visit.idle()
    assert page.get_by_role("slider", name=re.compile("Noise level 2 of 3")).count() == 1


def test_back_undoes_a_stroke_and_two_tabs_do_not_meet(visits: Callable[..., Visit], server: str) -> None:
    first, second = visits(), visits()
    for visit in (first, second):
        visit.page.goto(f"{server}/data?steps=3&sigma_min=0.05&sigma_max=10.0")
        expect(visit.page.locator("canvas.paper")).to_be_visible(timeout=120_000)
        visit.idle()
    page, status = first.page, first.page.locator(".pad .status")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(status).to_contain_text("no ink left", timeout=30_000)
    expect(page.get_by_role("button", name="Explore", exact=True)).to_be_disabled()
    box = page.locator("canvas.paper").bounding_box()
    for y in (0.3, 0.7):
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + y * box["height"], steps=5)
        page.mouse.up()
        expect(status).to_contain_text("1 stroke" if y < 0.5 else "2 strokes", timeout=30_000)
        expect(page).to_have_url(re.compile("data=drawn"))
        first.idle()
    page.go_back()
    expect(status).to_contain_text("1 stroke", timeout=30_000)
    go(page, "Train", r"/train.*data=drawn")
    assert "data=" not in second.page.url
    go(second.page, "Train", r"/train\?steps=3")
    expect(second.page.get_by_role("combobox", name="Data")).to_have_value("Grid 8×8", timeout=60_000)


def test_an_address_without_a_page_opens_what_it_is_about(visits: Callable[..., Visit], server: str) -> None:
    """Explore for its parameters, as links have always done; the page of its lesson; the three doors for no link."""
    page = visits().page
    for path in ("/?data=gaussian&steps=3", "/explore/?data=gaussian&steps=3"):
        page.goto(f"{server}{path}")
        expect(steps(page)).to_have_value("3", timeout=120_000)
        expect(page).to_have_url(re.compile(r":\d+/explore\?data=gaussian&steps=3$"), timeout=60_000)
        assert page.get_by_text("Page not found").count() == 0
    page.goto(f"{server}/?lesson=the-papers-search.1")
    expect(page).to_have_url(re.compile(r"/optimize\?data=grid-4x4&lesson=the-papers-search.1$"), timeout=60_000)
    page.goto(server)
    expect(page).to_have_url(re.compile("/learn$"), timeout=60_000)
    expect(page.get_by_text("Use it on my model")).to_be_visible()
