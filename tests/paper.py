"""A page on paper as tests hold it: whole figures, the settings in words, and nothing that is worked by hand."""

import re

from playwright.sync_api import Page, expect

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

# Words of less than 4.5 to 1 (WCAG AA) against white, or against what they stand on, which a printer may leave out.
PALE = """() => {
  const linear = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (one) => {
    const [r, g, b, alpha = 1] = one ? parts(getComputedStyle(one).backgroundColor) : [255, 255, 255];
    return alpha > 0.5 ? [r, g, b] : ground(one.parentElement);
  };
  const nodes = document.createTreeWalker(document.querySelector("[data-testid=stMain]"), NodeFilter.SHOW_TEXT);
  const found = new Set();
  while (nodes.nextNode()) {
    const words = nodes.currentNode.textContent.trim(), one = nodes.currentNode.parentElement;
    if (!/[\\p{L}\\d]/u.test(words) || one.closest("svg, style, .before")) continue;
    if (!one.checkVisibility({ visibilityProperty: true })) continue;
    const color = getComputedStyle(one).color, ink = luminance(parts(color));
    const paper = Math.min(1, luminance(ground(one)));
    if ((paper + 0.05) / (ink + 0.05) < 4.5) found.add(`${color}: ${words.slice(0, 40)}`);
  }
  return [...found];
}"""


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
    assert_read(page)


def assert_read(page: Page) -> None:
    """Assert that all words of a page that is laid out on paper can be read there."""
    assert not (pale := page.evaluate(PALE)), f"words are dark, for a printer leaves out what they stand on: {pale}"


def sheets(page: Page) -> int:
    """How many sheets the page takes."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))
