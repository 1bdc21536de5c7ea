"""What a link hides cannot be worked in the figures of its page either, in a real Chromium."""

import re
from collections.abc import Callable

import pytest
from chromium import Visit, required
from playwright.sync_api import Locator, Page, expect
from test_screens import faults, open_page

pytestmark = pytest.mark.browser
required()


def middle(figure: Locator) -> tuple[float, float]:
    box = figure.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def shown(visit: Visit, server: str, name: str, query: str) -> Page:
    page = open_page(visit, server, name)
    page.goto(f"{page.url}{'&' if '?' in page.url else '?'}{query}")
    visit.page.wait_for_timeout(500)
    visit.idle()
    return page


def test_no_level_is_added_or_removed_on_the_board_where_steps_are_hidden(
    visits: Callable[..., Visit], server: str
) -> None:
    visit = visits()
    page = shown(visit, server, "beat_ays", "hide=steps")
    knobs = page.get_by_role("slider", name=re.compile("^Noise level"))
    expect(knobs).to_have_count(3)
    expect(page.get_by_text("Double-click adds")).to_have_count(0)
    first, second = (middle(knobs.nth(k).locator(".dot")) for k in (0, 1))
    page.mouse.dblclick((first[0] + second[0]) / 2, first[1])
    knobs.first.focus()
    page.keyboard.press("Delete")
    page.wait_for_timeout(300)
    expect(knobs).to_have_count(3)
    assert "levels=" not in page.url
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("levels="))


def test_no_path_is_chosen_and_nothing_played_where_those_are_hidden(visits: Callable[..., Visit], server: str) -> None:
    visit = visits(reduced_motion="reduce")
    page = shown(visit, server, "trajectories", "hide=follow,place")
    player = page.locator(".flow")
    expect(player.get_by_text("After step 4 of 4")).to_be_visible()  # who cannot play sees where it leads
    expect(player.get_by_role("button")).to_have_count(0)
    expect(player.get_by_role("slider")).to_have_count(0)
    expect(player.get_by_label("Follow path")).to_be_hidden()
    picture = player.locator("canvas").first
    words, path = picture.get_attribute("aria-label"), page.locator(".st-key-reference").inner_text()
    for share in (0.3, 0.4, 0.5, 0.6, 0.7):
        box = picture.bounding_box()
        assert box
        page.mouse.click(box["x"] + share * box["width"], box["y"] + 0.3 * box["height"])
    visit.idle()
    assert (picture.get_attribute("aria-label"), page.locator(".st-key-reference").inner_text()) == (words, path)
    assert "follow=" not in page.url
    assert "place=" not in page.url
    assert faults(page) == []


def test_no_sweep_is_stopped_at_by_hand_where_that_is_hidden(visits: Callable[..., Visit], server: str) -> None:
    visit = visits(reduced_motion="reduce")
    page = shown(visit, server, "optimize", "hide=sweep")
    player = page.locator(".player")
    expect(player.get_by_role("button")).to_have_count(0)
    expect(player.get_by_role("slider")).to_have_count(0)
    expect(page.get_by_text("stop by hand")).to_have_count(0)
    words = player.locator(".words").inner_text()
    page.mouse.click(*middle(player.locator("figure svg").first))
    visit.idle()
    assert player.locator(".words").inner_text() == words
    assert "sweep=" not in page.url
    page.get_by_role("button", name="Show all").click()
    expect(player.get_by_role("slider")).to_be_visible()
    expect(page.get_by_text("stop by hand")).to_be_visible()
