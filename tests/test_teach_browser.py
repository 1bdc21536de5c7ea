"""What a teacher sends is what a class sees, in a real Chromium: prepared links, the dialog, presenting, the sheet."""

import io
import re
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
import segno
from axe import violations
from chromium import Visit, required
from paper import assert_read, on_paper, sheets
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from readable import faults
from test_screens import PAGES, fits, resize, under

from ays_toy.ui.tables import COMING
from ays_toy.ui.teaching.prepared import PREPARED, Prepared

pytestmark = pytest.mark.browser
required()

STAYS = {  # the keys of the controls that a prepared link leaves on its page
    "Why few steps fail": ("steps",),
    "A contest: beat AYS": ("undo", "reset", "reveal"),
    "Solvers differ": ("solver", "steps"),
    "The search overshoots": ("more", "take"),
    "Trajectories side by side": ("steps", "align", "targets"),
    "Does it hold on images?": ("steps", "pictures", "home", "format", "final_zero"),
}
NUMBERS = (
    *(".annotation-text", ".st-key-verdict", ".st-key-story", ".st-key-reference", ".st-key-images_verdict"),
    *(".board .score", "canvas[data-testid=data-grid-canvas] table", ".strips .name"),
)
PRINTED = "[class*=st-key-printed_] td"  # a cell of a table for paper: the one on the screen is painted
FIGURE = {  # the first of each page
    "explore": ".st-key-panels .heatmaplayer image",
    "trajectories": ".flow canvas",
    "optimize": ".player figure svg",
    "beat_ays": ".board svg",
    "images": ".strips img",
    "train": ".st-key-film .main-svg",
    "evidence": ".st-key-winners .main-svg",
}
QUICK = "data=ring-8&steps=4"


SMALL = """() => {
  const size = (one) => parseFloat(getComputedStyle(one).fontSize);
  const words = [...document.querySelectorAll(".js-plotly-plot text")].filter((one) => one.textContent.trim());
  return words.filter((one) => size(one) < 13).map((one) => `${one.textContent}: ${size(one)}`);
}"""  # words of figures that nobody in the back row can read


def opened(visit: Visit, server: str, page: str, query: str) -> Page:
    visit.page.goto(f"{server}/{page}?{query}")
    for selector in PAGES[page][1].split(", "):
        visit.page.wait_for_selector(selector, state="attached", timeout=120_000)
    visit.idle()
    return visit.page


def numbers(page: Page) -> list[list[str]]:
    figures = page.locator("[role=figure]").evaluate_all("all => all.map((one) => one.ariaLabel)")
    return [figures, *(page.locator(selector).all_text_contents() for selector in NUMBERS)]


@pytest.mark.parametrize("one", PREPARED, ids=lambda one: one.title)
def test_a_prepared_link_shows_all_who_open_it_the_same(
    visits: Callable[..., Visit], server: str, one: Prepared
) -> None:
    seen = []
    for visit in (visits(reduced_motion="reduce"), visits(reduced_motion="reduce", scheme="dark")):
        page = opened(visit, server, one.page, urlencode(one.query))
        expect(page.get_by_text("measuring")).to_have_count(0, timeout=120_000)
        expect(page.locator(PRINTED).filter(has_text=COMING)).to_have_count(0, timeout=120_000)
        visit.idle()
        seen.append(numbers(page))
        for name in one.hide:
            expect(page.locator(f".st-key-{name}")).to_have_count(0)
        expect(page.get_by_role("button", name=re.compile("New noise|Bring a schedule|Columns of"))).to_have_count(0)
        for name in STAYS[one.title]:
            expect(page.locator(f".st-key-{name}").first).to_be_attached()
    assert seen[0] == seen[1]
    found = [text for texts in seen[0] for text in texts]
    assert sum(bool(re.search(r"\d", text)) for text in found) >= 3
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".st-key-solver")).to_have_count(1)
    expect(page).not_to_have_url(re.compile("hide="))


FOCUSED = """name => {
  const one = document.activeElement;
  if (!one.matches("button, a, input, textarea")) return false;
  return [one.innerText, one.ariaLabel, one.closest("label")?.innerText].some((words) => words?.includes(name));
}"""


def tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED, name):
            return
    raise AssertionError(f"the Tab key does not lead to {name}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_link_is_made_by_keys_alone_and_holds_what_was_ticked(
    visits: Callable[..., Visit], server: str, browser: Browser, tmp_path: Path, scheme: str
) -> None:
    visit = visits(scheme=scheme)
    page = opened(visit, server, "explore", QUICK)
    tab_to(page, "Class link")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="QR code of the link")).to_be_visible()
    visit.idle()
    assert violations(page) == []
    assert faults(page) == []
    shown = dialog.locator("code")
    expect(shown).to_have_text(f"{server}/explore?{QUICK}")
    assert {box.get_attribute("aria-label") for box in dialog.get_by_role("checkbox").all()} >= {"Solver", "New noise"}
    for name in ("Solver", "New noise", "Present: large type, no sidebar"):
        tab_to(page, name)
        page.keyboard.press("Space")
        visit.idle()
    link = f"{server}/explore?{QUICK}&hide=solver,seed&present=1"
    expect(shown).to_have_text(link)
    page.keyboard.press("Tab")
    page.keyboard.type("Which is <b>best</b>?")
    page.keyboard.press("Control+Enter")
    visit.idle()
    tab_to(page, "One page to print")
    with page.expect_download() as loading:
        page.keyboard.press("Enter")
    file = tmp_path / "sheet.html"
    loading.value.save_as(file)
    assert loading.value.suggested_filename == "class-explore.html"
    sheet(browser, file, link)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def sheet(browser: Browser, file: Path, link: str) -> None:
    """Hold a sheet against its link, without a network: one page, and the code in it is that of the link."""
    page = browser.new_page(viewport={"width": 816, "height": 1056}, device_scale_factor=2)
    try:
        page.context.set_offline(True)
        page.goto(file.as_uri())
        expect(page.get_by_text("Which is <b>best</b>?")).to_be_visible()
        expect(page.get_by_role("link", name=link)).to_be_visible()
        expect(page.locator("dd").first).to_have_text("Ring of 8")
        for size in ("A4", "Letter"):
            assert len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format=size))) == 1
        meant = np.array([list(row) for row in segno.make(link, error="m", micro=False).matrix])
        picture = Image.open(io.BytesIO(page.locator(".code svg").screenshot())).convert("L")
        cell = picture.width / (len(meant) + 8)  # four white ones around
        at = ((np.arange(len(meant)) + 4.5) * cell).astype(int)
        drawn = np.array(picture)[np.ix_(at, at)] < 128
        assert (drawn == meant).all()
    finally:
        page.close()


@pytest.mark.parametrize(("name", "scheme"), list(zip(FIGURE, cycle(["light", "dark"]), strict=False)))
def test_what_is_presented_is_read_from_the_back_row(
    visits: Callable[..., Visit], server: str, name: str, scheme: str
) -> None:
    visit = visits(width=1280, height=720, scheme=scheme, reduced_motion="reduce")
    page = opened(visit, server, name, f"{'' if name in ('images', 'optimize', 'evidence') else QUICK}&present=1")
    for width, height in ((1280, 720), (1920, 1080)):
        resize(page, width, height)
        assert fits(page), width
        assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 20
        words = page.locator("[data-testid=stMain] [data-testid=stMarkdown] p").first
        assert words.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 20
        assert page.evaluate(SMALL) == []
        assert under(page, page.locator(FIGURE[name]).first) <= height
        expect(page.locator("[data-testid=stSidebar]")).to_be_hidden()
        expect(page.get_by_role("button", name="Glossary")).to_be_hidden()
        assert violations(page) == []
    page.get_by_role("button", name="Leave presenting").click()
    expect(page.locator("[data-testid=stSidebar]")).to_be_visible()
    expect(page).not_to_have_url(re.compile("present="))


def test_what_is_hidden_and_presented_goes_from_page_to_page_and_back(
    visits: Callable[..., Visit], server: str
) -> None:
    visit = visits()
    page = opened(visit, server, "explore", f"{QUICK}&hide=solver&present=1")
    for name, path in (("Teach", "/teach"), ("Your data", "/data")):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_url(re.compile(rf"{path}\?.*hide=solver&present=1"), timeout=60_000)
        visit.idle()
        expect(page.locator(".st-key-solver")).to_have_count(0)
    page.get_by_role("button", name="Leave presenting").click()
    expect(page).to_have_url(re.compile(r"/data\?.*hide=solver$"))
    visit.idle()  # until then the way out is both beside the page, as before, and in the sidebar
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".st-key-solver")).to_be_visible()
    visit.idle()
    for shown in (r"hide=solver$", r"hide=solver&present=1$"):
        page.go_back()
        expect(page).to_have_url(re.compile(shown), timeout=60_000)
        visit.idle()
        expect(page.locator(".st-key-solver")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="Leave presenting")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_teach_page_can_be_read_by_all_and_opens_what_it_shows(
    visits: Callable[..., Visit], server: str, scheme: str
) -> None:
    visit = visits(scheme=scheme)
    page = visit.page
    page.goto(f"{server}/teach")
    expect(page.get_by_text("Where answers go")).to_be_visible()
    visit.idle()
    assert faults(page) == []
    assert violations(page) == []
    page.get_by_role("button", name="Code and sheet").first.click()
    expect(page.get_by_role("dialog").get_by_role("img", name="QR code of the link")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_text("The data have 16 modes.")).to_be_visible()
    visit.idle()
    assert violations(page) == []
    page.keyboard.press("Escape")
    for width in (390, 1024):
        resize(page, width, 800)
        assert fits(page), width
    with page.expect_popup() as opening:
        page.get_by_role("link", name="Open Beat AYS").click()
    expect(opening.value.get_by_role("heading", name=re.compile("noise levels of 4 steps"))).to_be_visible(
        timeout=60_000
    )
    opening.value.close()


@pytest.mark.parametrize("name", ["learn", "teach", "evidence", "learn?lesson=images"])
def test_words_of_a_dark_page_are_dark_on_paper(visits: Callable[..., Visit], server: str, name: str) -> None:
    visit = visits(scheme="dark")
    visit.page.goto(f"{server}/{name}")
    visit.page.wait_for_selector("h3, h4", timeout=120_000)
    visit.idle()
    on_paper(visit.page)
    assert_read(visit.page)


def test_the_teaching_notes_on_paper_have_sheets_of_their_own_and_no_buttons(
    visits: Callable[..., Visit], server: str
) -> None:
    visit = visits()
    page = visit.page
    page.goto(f"{server}/teach")
    expect(page.get_by_text("Homework")).to_be_visible(timeout=60_000)
    visit.idle()
    assert sheets(page) <= 6
    on_paper(page)
    assert [
        one.inner_text() for one in page.locator("[data-testid=stLinkButton], button").all() if one.is_visible()
    ] == []
    assert page.locator(".st-key-notes").evaluate("one => getComputedStyle(one).breakBefore") == "page"
