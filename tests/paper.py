"""A page on paper as tests hold it: whole figures, the settings in words, and nothing that is worked by hand."""

import re

from playwright.sync_api import Page, expect
from readable import faults

SHEET = {"width": 1032, "height": 703}  # pixels between the margins of A4 on its side
BY_HAND = (
    "[data-testid=stSidebar], [data-testid=stHeader], [data-testid^=stBaseButton], [data-testid=stTooltipIcon], "
    "[data-testid=stSlider], .transport input, .transport button, .tools, .choice"
)
FIGURES = ".main-svg, [data-testid=stMain] canvas, .player svg, [data-testid=stMain] img"
SETTINGS = {
    "explore": "Data: Ring of 8; Model: Exact; Solver: Stochastic-DDIM; Steps: 4; Noise level σ: from 80 to 0.002; "
    "Noise number: 0; Schedules: EDM, LogSNR, AYS and Automatic choice",
    "train": "Data: Ring of 8; Start of training: from scratch; Network: 3 layers of 128; Training: 4,000 steps of 512",
    "images": "Model: handwritten; Solver: Stochastic-DDIM; Steps: 8",
}

NO_GROUND = "body, body *:not(canvas) { background: none !important; }"  # a printer may leave out what words stand on


def on_paper(page: Page) -> None:
    """Show the page as its printing would lay it out on a sheet that has no end."""
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size(SHEET)


def assert_document(page: Page, name: str) -> None:
    """Assert that a page that is open in the dark is a document on paper; it stays laid out as one."""
    line = page.locator(".st-key-printed")
    expect(line).to_be_hidden()
    taken = sheets(page)
    assert taken == 5 if name == "images" else taken, "what does not fit under the heading leaves a sheet empty"
    on_paper(page)
    expect(line).to_contain_text(SETTINGS.get(name, "Solver: "))
    assert [one.inner_text() for one in page.locator(BY_HAND).all() if one.is_visible()] == []
    boxes = [box for one in page.locator(FIGURES).all() if one.is_visible() and (box := one.bounding_box())]
    assert boxes
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= SHEET["width"] for box in boxes), "cut"
    whole = page.evaluate("() => document.documentElement.scrollHeight")
    assert max(box["y"] + box["height"] for box in boxes) <= whole + 1, "what a window shows is not all"
    tables = page.locator("[class*=st-key-printed_] table").all()
    assert bool(tables) == (name in ("explore", "optimize", "beat_ays", "images")), "whole, in place of what is painted"
    for table in tables:
        expect(table).to_contain_text("±")
    ink = page.locator("[data-testid=stMain] h3").first.evaluate("one => getComputedStyle(one).color")
    assert max(map(int, re.findall(r"\d+", ink)[:3])) < 64, "words are dark on white"
    assert_read(page)


def assert_read(page: Page) -> None:
    """Assert that all words of a page that is laid out on paper can be read there, with what they stand on or without.

    It stays without.
    """
    assert not (pale := _pale(page)), pale
    page.add_style_tag(content=NO_GROUND)
    assert not (pale := _pale(page)), f"where a printer leaves out what words stand on: {pale}"


def _pale(page: Page) -> list[str]:
    return [fault for fault in faults(page) if fault.startswith("contrast")]


def sheets(page: Page) -> int:
    """How many sheets the page takes."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))
