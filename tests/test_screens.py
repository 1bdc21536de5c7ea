"""Every page on every screen, in a real Chromium: still, read, named, reached by keys, in sight, in light and dark."""

import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from axe import violations
from chromium import Visit, required
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from readable import READABLE, faults
from shifts import WATCH, assert_still

from ays_toy.names import TITLES, blend, title
from ays_toy.ui import tables

pytestmark = pytest.mark.browser
required()

WALK = (Path(__file__).parent / "walk.js").read_text(encoding="utf-8")
QUICK = "data=ring-8&steps=4"
PAGES = {  # address, what is on the page once it is drawn
    "explore": (f"explore?{QUICK}", ".st-key-rail .main-svg, [data-testid=data-grid-canvas]"),
    "data": ("data", "canvas, .stPlotlyChart .main-svg"),
    "train": ("train?data=ring-8", ".st-key-film .main-svg, .player canvas"),
    "optimize": ("optimize?data=ring-8", ".st-key-panels .main-svg, .player figure svg"),
    "trajectories": (f"trajectories?{QUICK}", ".flow canvas, .st-key-local .main-svg"),
    "beat_ays": (f"beat_ays?{QUICK}", ".board svg, .st-key-panels .main-svg"),
    "images": ("images?power=2.75&share=45", ".strips img, .st-key-image-klub .main-svg"),
    "evidence": ("evidence", ".st-key-winners .main-svg, .st-key-bound .main-svg"),
}
KEYS = {  # what must be on the way of the Tab key: the main controls, and the component that is the page's figure
    "explore": ("Steps", "Solver", "Glossary"),
    "data": ("Draw", "arrow keys move the brush", "Keep"),
    "train": ("model_training", "noise level, high to low"),
    "optimize": ("Run it yourself", "sweep"),
    "trajectories": ("progress from noise to data", "Follow path"),
    "beat_ays": ("Noise level 1 of", "Noise level 3 of", "Reset"),
    "images": ("Optimize live", "From Time-uniform to the optimum"),
    "evidence": ("Judge by", "Data in detail"),
}
SIZES = {
    "phone": (390, 844),
    "tablet": (1024, 768),
    "projector": (1280, 720),
    "laptop": (1440, 900),
    "wall": (1920, 1080),
}
TOGETHER = {  # what is compared, and by what: on one screen of a projector
    "explore": ".st-key-panels .heatmaplayer, .st-key-verdict",
    "optimize": ".player figure svg, .transport, .st-key-panels .heatmaplayer",
    "trajectories": ".flow canvas, .transport, .choice",
    "beat_ays": ".board svg, .st-key-reveal button, .st-key-panels .heatmaplayer",
}


def open_page(visit: Visit, server: str, name: str) -> Page:
    visit.page.goto(f"{server}/{PAGES[name][0]}")
    drawn(visit, name)
    return visit.page


def drawn(visit: Visit, name: str) -> None:
    """Wait until a page is all there."""
    for selector in PAGES[name][1].split(", "):
        visit.page.wait_for_selector(selector, state="attached", timeout=120_000)
    if name == "optimize":
        expect(visit.page.get_by_text("Nothing moves after sweep")).to_be_visible(timeout=120_000)
    visit.idle()


@dataclass
class Walk:
    """The names of all that had the focus, and of those on which it was not seen or that lay beneath the bar on top."""

    names: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    covered: list[str] = field(default_factory=list)


def walk(page: Page, key: str = "Tab") -> Walk:
    """Go round the page by a key alone."""
    found = Walk()
    for _ in range(150):
        page.keyboard.press(key)
        step = page.evaluate(WALK)
        found.unseen += [step["unseen"]] if step["unseen"] else []
        if step["round"] or (found.names and step["name"] is None):
            break
        found.names += [step["name"]] if step["name"] else []
        found.covered += [step["covered"]] if step["covered"] else []
    return found


def under(page: Page, where: Locator | str) -> float:
    """Where the lowest of what is meant ends, in pixels from the window's top."""
    found = page.locator(where) if isinstance(where, str) else where
    boxes = [one.bounding_box() for one in found.all()]
    assert boxes
    return max(box["y"] + box["height"] for box in boxes if box)


@pytest.mark.parametrize(
    ("name", "scheme"),  # on a phone every page is dark; two have all kinds of buttons
    [*((name, "light") for name in PAGES), ("explore", "dark"), ("beat_ays", "dark")],
)
def test_a_page_opens_still_and_all_that_is_shown_can_be_read_has_a_name_and_is_reached_by_keys(
    visits: Callable[..., Visit], server: str, name: str, scheme: str
) -> None:
    visit = visits(scheme=scheme)
    visit.page.add_init_script(WATCH)
    page = open_page(visit, server, name)
    assert_still(page)
    assert faults(page) == []
    assert violations(page) == []
    kinds = "[data-testid^=stBaseButton], [data-testid=stPopoverButton], [role=radio], [data-tag], .buttons button"
    seen = set()
    for control in page.locator(kinds).all():
        kind = control.evaluate("one => [one.dataset.testid, one.ariaChecked, one.disabled, one.className].join()")
        if kind in seen or not control.is_visible():
            continue
        seen.add(kind)
        control.hover(force=True)
        assert faults(page) == [], f"under the pointer: {kind}"
    page.mouse.move(2, 2)
    page.get_by_role("combobox", name="Solver").or_(page.get_by_role("combobox")).first.click()
    page.wait_for_selector("[role=option]")
    assert faults(page) == [], "a list that is open"
    assert violations(page) == [], "a list that is open"


def test_the_check_itself_finds_what_cannot_be_read_named_or_reached(page: Page) -> None:
    page.set_content(
        """<div data-testid=stApp style="background: white">
        <p style="color: #888">faint</p> <p style="color: #595959">dark</p>
        <p style="color: black; opacity: 0.4">faded</p> <h1 style="color: #888">large enough</h1>
        <div style="background: black"><p style="color: #333">on black</p></div>
        <canvas></canvas> <canvas aria-label="a picture"></canvas> <button></button> <button>OK</button>
        <table aria-label=t><tr><th></th><th>KLUB</th></tr></table>
        <div id=rolls style="height: 40px; overflow: auto"><div style="height: 400px">long</div></div>
        <div style="height: 40px; overflow: auto" tabindex=0><div style="height: 400px">long too</div></div></div>"""
    )
    found = " ".join(page.evaluate(READABLE))
    assert re.findall(r"“(.*?)”", found) == ["faint", "faded", "on black"]
    for fault in ("no name", "control without a name", "empty header", "scrolls, but not by keyboard"):
        assert found.count(f"{fault}:") == 1
    page.set_content("<main><div role=slider tabindex=0></div><button style='width: 9px'></button><button></button>")
    assert {found.partition(":")[0] for found in violations(page)} >= {"aria-required-attr", "button-name"}
    page.set_content(
        "<style>* { outline: none; } b:focus { color: red }</style><b tabindex=0>seen</b><i tabindex=0>unseen</i>"
    )
    assert walk(page) == Walk(["seen", "unseen"], ["unseen"])
    page.goto("about:blank")  # a walk knows where it began
    page.set_content(
        "<header style='position: fixed; height: 60px; width: 100%'></header><main style='padding-top: 70px'>"
        "<b tabindex=0>free</b><p style='height: 3000px'></p><b tabindex=0>last</b></main>"
    )
    assert walk(page, "Shift+Tab") == Walk(["last", "free"])
    page.add_style_tag(content="b { margin-bottom: 10px } p { margin: 0 } main { padding-top: 0 !important }")
    assert walk(page).covered == ["free"]


# --- in sight ------------------------------------------------------------------------------------------------------


def resize(page: Page, width: int, height: int) -> None:
    """Give a window another size, and wait until its figures have theirs."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function(
        """() => {
          const figures = [...document.querySelectorAll(".stPlotlyChart, .main-svg, [data-testid=stMain] *[class]")];
          const before = window.boxesBefore;
          window.boxesBefore = JSON.stringify(figures.map((one) => one.getBoundingClientRect()));
          return window.boxesBefore === before;
        }""",
        polling=200,
    )


def fits(page: Page) -> bool:
    return bool(page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth <= main.clientWidth"))


def all_in_sight(page: Page, name: str) -> None:
    """Assert that on a projector the pictures and what they are compared by are on one screen."""
    _, height = SIZES["projector"]
    for selector in TOGETHER.get(name, "[data-testid=stMain] h3").split(", "):
        assert under(page, selector) <= height, selector
    if name == "trajectories":
        assert under(page, page.get_by_text("this far from the reference")) <= height


def wall_used(page: Page) -> None:
    """Assert that the paths of Trajectories take all of a large screen."""
    width, height = SIZES["wall"]
    right = max(one.bounding_box()["x"] + one.bounding_box()["width"] for one in page.locator(".flow canvas").all())
    assert right > 0.96 * width
    assert under(page, ".st-key-local .main-svg, .flow canvas") < height + 60


def words_have_room(page: Page, name: str) -> None:
    """Assert that words on figures leave each other, the bars and the curves their room, and that no row is cut."""
    if name == "beat_ays":
        rows = page.locator(".dvn-scroller").first  # of the levels: three, in a table of at most four
        assert rows.evaluate("one => one.scrollHeight <= one.clientHeight")
    elif name == "images":
        long_titles_leave_room(page)
    elif name == "explore":
        titles_keep_apart(page)


def long_titles_leave_room(page: Page) -> None:
    chart = page.locator(".st-key-image-klub .main-svg").first.bounding_box()
    bars = [bar.bounding_box()["width"] for bar in page.locator(".st-key-image-klub .bars .point path").all()]
    assert max(bars) > 0.2 * chart["width"]
    for number in page.locator(".st-key-image-klub .bartext").all():
        box = number.bounding_box()
        assert box["x"] + box["width"] <= chart["x"] + chart["width"]
    figure = page.locator(".st-key-quality .main-svg").first.bounding_box()
    legend = page.locator(".st-key-quality .legend").bounding_box()
    plot = page.locator(".st-key-quality .cartesianlayer .gridlayer").first.bounding_box()
    assert legend["height"] < 0.36 * figure["height"]
    assert legend["y"] + legend["height"] <= plot["y"] + 12


def titles_keep_apart(page: Page) -> None:
    boxes = [box for words in page.locator(".st-key-panels .annotation-text").all() if (box := words.bounding_box())]
    assert len(boxes) == 5
    for one, other in pairwise(sorted(boxes, key=lambda box: box["x"])):
        assert one["x"] + one["width"] <= other["x"] + 1
    chart = page.locator(".st-key-rail .main-svg").first.bounding_box()
    names = [name.bounding_box() for name in page.locator(".st-key-rail .yaxislayer-above .ytick text").all()]
    levels = page.locator(".st-key-rail .xy .scatterlayer").first.bounding_box()
    assert min(name["x"] for name in names) >= chart["x"]
    assert levels["width"] > 0.5 * chart["width"]


@pytest.mark.parametrize("name", PAGES)
def test_every_width_holds_the_page_and_the_controls_beside_it_and_the_tab_key_leads_round_them(
    visits: Callable[..., Visit], server: str, name: str
) -> None:
    width, height = SIZES["tablet"]
    page = open_page(visits(width=width, height=height, reduced_motion="reduce"), server, name)
    controls = page.locator("[data-testid=stSidebar] [data-testid=stWidgetLabel]").first
    there = walk(page)
    assert there.unseen == [], "what has the focus is seen"
    for wanted in KEYS[name]:
        assert any(wanted in one for one in there.names), (wanted, there.names)
    assert there.covered + walk(page, "Shift+Tab").covered == [], "and nothing lies over it"
    controls.scroll_into_view_if_needed()  # the walk has led away from them
    for width, height in (size for size in SIZES.values() if size[0] >= width):
        resize(page, width, height)
        assert fits(page), (width, height)
        expect(controls).to_be_in_viewport()
        words_have_room(page, name)
        if (width, height) == SIZES["projector"]:
            page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
            all_in_sight(page, name)
    if name == "trajectories":
        wall_used(page)


def at_rest(page: Page) -> bytes:
    """The page once it looks the same twice in a row: on a busy machine the last of it comes late."""
    end, last = time.monotonic() + 20, page.screenshot()
    while (now := page.screenshot()) != last:
        assert time.monotonic() < end, "something moves by itself, though motion is not wanted"
        last = now
        page.wait_for_timeout(300)
    return last


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_no_controls_lie_over_the_page_until_they_are_asked_for(
    visits: Callable[..., Visit], server: str, name: str
) -> None:
    width, height = SIZES["phone"]
    device = {"is_mobile": True, "has_touch": True, "reduced_motion": "reduce"}
    page = open_page(visits(width=width, height=height, scheme="dark", **device), server, name)
    assert fits(page)
    words_have_room(page, name)
    still = at_rest(page)
    assert faults(page) == []
    assert violations(page) == []
    assert page.screenshot() == still, "something moves by itself, though motion is not wanted"
    controls = page.locator("[data-testid=stSidebar] [data-testid=stWidgetLabel]").first
    expect(controls).not_to_be_in_viewport()
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(controls).to_be_in_viewport()
    page.wait_for_timeout(500)
    assert violations(page) == [], "controls"
    page.get_by_role("button", name="Collapse sidebar").click()
    expect(controls).not_to_be_in_viewport()
    if name == "explore":
        page.get_by_role("button", name="Glossary").click()
        page.wait_for_selector("[role=dialog] [role=tab]")
        page.wait_for_timeout(500)
        assert violations(page) == [], "the glossary"


# --- what was cut --------------------------------------------------------------------------------------------------


def test_no_name_in_the_table_is_cut(page: Page, server: str) -> None:
    page.goto(f"{server}/?{QUICK}")
    expect(page.locator(".stDataFrameGlideDataEditor").first).to_be_attached(timeout=60_000)
    titles = [*TITLES.values(), blend("EDM", title("p-optimum", 2.0), 0.5)]
    widest = page.evaluate(
        """names => {
          const grid = document.querySelector(".stDataFrameGlideDataEditor");
          const brush = document.createElement("canvas").getContext("2d"), style = getComputedStyle(grid);
          const face = ["--gdg-base-font-style", "--gdg-font-family"].map((name) => style.getPropertyValue(name));
          brush.font = face.join(" ");
          return Math.max(...names.map((name) => brush.measureText(name).width));
        }""",
        titles,
    )
    assert widest + 16 <= tables.name_width(titles) < widest + 60  # 8 pixels on either side


def test_the_readmes_picture_is_taken_from_the_app(browser: Browser, server: str, page: Page) -> None:
    from benchmarks import pictures

    picture = pictures.take(browser, server, "explore.png")
    assert picture.size == (pictures.WIDTH, pictures.HEIGHT)
    page.goto(f"{server}/explore")
    page.wait_for_selector(".st-key-panels .heatmaplayer image")
    box = page.locator(".st-key-panels .heatmaplayer image").first.bounding_box()
    expected = Image.open(io.BytesIO(pictures.still(page))).convert("RGB")
    assert np.abs(np.array(picture, dtype=int) - np.array(expected, dtype=int)).max() <= 2  # of 255
    corner, size = (round(box["x"]), round(box["y"])), (round(box["width"]), round(box["height"]))
    shown = np.array(picture.crop((*corner, corner[0] + size[0], corner[1] + size[1])), dtype=int)
    assert (shown[..., 0] > shown[..., 2] + 60).mean() > 0.05  # the yellow of where data are
    for name in pictures.PICTURES:
        assert f"docs/{name}" in (pictures.FOLDER.parent / "README.md").read_text(encoding="utf-8")
