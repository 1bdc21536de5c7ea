"""Placing levels in a real Chromium: by mouse, finger and keyboard, with KLUB following before anything is released."""

import re
from collections.abc import Callable

import pytest
from chromium import READY, Visit, required, swiped
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
required()


def opened(page: Page, server: str, query: str = "") -> Page:
    page.goto(f"{server}/beat_ays?data=ring-8{query}")
    expect(knob(page, 1)).to_be_visible(timeout=120_000)
    page.wait_for_selector(READY)
    return page


def knob(page: Page, k: int) -> Locator:
    return page.get_by_role("slider", name=re.compile(rf"^Noise level {k} of \d+$"))


def sigma(page: Page, k: int) -> float:
    return float(knob(page, k).get_attribute("aria-valuenow"))


def shown(page: Page, name: str) -> float:
    """A big number over the rail: 'klub' or 'gap'."""
    return float(page.locator(f".score.{name} b").inner_text().replace(",", "").rstrip("×"))


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.locator(".dot").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def at_rest(page: Page, locator: Locator) -> tuple[float, float]:
    """Where a level is, once the page, which rolls a little after a finger, has stood still for a while."""
    at, still = (0.0, 0.0), 0
    while still < 5:
        page.evaluate("new Promise(requestAnimationFrame)")  # a busy machine may draw nothing for long
        page.wait_for_timeout(100)
        still = still + 1 if at == (at := middle(locator)) else 0
    assert at[1] > page.locator("header").bounding_box()["height"], "the pages' names lie over it"
    return at


def test_klub_follows_a_dragged_level_before_it_is_released_and_the_picture_after(page: Page, server: str) -> None:
    opened(page, server)
    url, before, klub, gap = page.url, sigma(page, 2), shown(page, "klub"), shown(page, "gap")
    x, y = middle(knob(page, 2))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=6)
    expect(page.locator(".score.klub b")).not_to_have_text(f"{klub:.4g}")
    during = shown(page, "klub")
    assert during < klub
    assert shown(page, "gap") < gap
    assert sigma(page, 2) < before
    assert page.url == url  # Python has not been told yet
    page.mouse.move(x + 3000, y, steps=4)  # as far as its neighbor, and not beyond
    assert sigma(page, 2) > sigma(page, 3)
    page.mouse.move(x - 3000, y, steps=4)
    assert sigma(page, 1) > sigma(page, 2)
    page.mouse.move(x + 60, y, steps=2)
    expect(page.locator(".score.klub b")).to_have_text(re.compile(rf"^{during:.3g}"[:4]))
    page.mouse.up()
    expect(page).to_have_url(re.compile("levels="))
    expect(page.get_by_test_id("stDataFrame").last).to_contain_text("moved")
    link = page.url
    page.get_by_role("button", name="Undo").click()
    expect(page).not_to_have_url(re.compile("levels="))
    expect(knob(page, 2)).to_have_attribute("aria-valuenow", f"{before:g}")
    page.goto("about:blank")
    page.goto(link)  # holds the attempt
    expect(knob(page, 1)).to_be_visible(timeout=60_000)
    expect(page.locator(".score.klub b")).to_have_text(re.compile(rf"^{during:.3g}"[:4]))


def test_levels_are_moved_added_and_removed_by_keyboard_and_named_for_a_screen_reader(page: Page, server: str) -> None:
    opened(page, server)
    one = knob(page, 2)
    page.keyboard.press("Tab")
    one.focus()
    before = sigma(page, 2)
    page.keyboard.press("ArrowRight")
    expect(one).to_have_attribute("aria-valuenow", f"{before / 1.02:.4g}")
    expect(one).to_have_attribute("aria-valuetext", re.compile(r"σ = .*, KLUB .* nats, .*× the best possible"))
    expect(page).to_have_url(re.compile(f"{before / 1.02:.4g}"), timeout=30_000)
    page.wait_for_selector(READY)
    ring = one.locator(".ring").evaluate("ring => getComputedStyle(ring).stroke")
    assert ring not in ("none", "rgba(0, 0, 0, 0)")  # where one is can be seen
    page.keyboard.press("Shift+ArrowLeft")
    held = float(f"{before / 1.02:.4g}")  # the page goes on from the digits that its address has
    nudged = f"{held * 1.02**0.1:.4g}"
    expect(one).to_have_attribute("aria-valuenow", nudged)
    page.keyboard.press("Home")
    expect(one).not_to_have_attribute("aria-valuenow", nudged)  # a busy machine draws its next frame late
    assert sigma(page, 1) > sigma(page, 2) > before
    expect(page).to_have_url(re.compile("levels="), timeout=30_000)
    page.keyboard.press("Delete")
    expect(page.get_by_role("heading", name=re.compile("3 steps"))).to_be_visible(timeout=30_000)
    expect(knob(page, 3)).to_have_count(0)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name=re.compile("4 steps"))).to_be_visible(timeout=30_000)
    expect(knob(page, 3)).to_be_visible()


def test_a_finger_drags_a_level_too(visits: Callable[..., Visit], server: str) -> None:
    page = opened(visits(width=1024, height=768, has_touch=True, reduced_motion="reduce").page, server)
    before, touch = sigma(page, 1), page.context.new_cdp_session(page)
    x, y = middle(knob(page, 1))
    swiped(touch, x + 18, y)
    page.wait_for_timeout(300)
    assert sigma(page, 1) == before, "a finger that scrolls the page moves no level"
    assert "levels=" not in page.url
    x, y = at_rest(page, knob(page, 1))
    for kind, dx in (("touchStart", 0), ("touchMove", 15), ("touchMove", 30), ("touchMove", 45)):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x + 18 + dx, "y": y}]})
    expect(knob(page, 1)).not_to_have_attribute("aria-valuenow", f"{before:.4g}")
    assert sigma(page, 1) < before
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page).to_have_url(re.compile("levels="), timeout=30_000)


def test_forty_levels_still_keep_their_order_under_the_mouse(page: Page, server: str) -> None:
    opened(page, server, "&steps=40")
    x, y = middle(knob(page, 20))
    page.mouse.move(x, y)
    page.mouse.down()
    for dx in (200, -300, 4):
        page.mouse.move(x + dx, y, steps=3)
        now = [sigma(page, k) for k in (19, 20, 21)]
        assert now[0] > now[1] > now[2]
    page.mouse.up()
    expect(page).to_have_url(re.compile("levels="), timeout=30_000)
