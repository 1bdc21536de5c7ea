"""The Images page in a real Chromium: it opens on a comparison, runs and stops, measures, and is taken home."""

import re
from collections.abc import Callable

import pytest
from chromium import READY, Visit, required
from playwright.sync_api import Page, Route, expect

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


@pytest.mark.parametrize(
    ("query", "look"),
    [
        ("", {}),
        ("?solver=ddim&steps=5", {"width": 1024, "height": 768, "scheme": "dark"}),
        ("?image_model=digits&power=2.75&share=45", {"width": 1280, "height": 720}),
        ("?image_model=digits", {"width": 390, "height": 844}),
    ],
)
def test_pictures_have_their_room_from_the_beginning(
    visits: Callable[..., Visit], server: str, query: str, look
) -> None:
    """What stands above and below them has the same places while the browser has not read `st.html`, and after that."""
    page, held = visits(**look).page, list[Route]()
    page.route("**/static/js/Html.*", lambda route: held.append(route))
    page.goto(f"{server}/images{query}")
    below = page.get_by_text(re.compile("^Look for (strokes|missing)")).first
    expect(below).to_be_visible(timeout=120_000)
    expect(page.get_by_role("radio", name="Samples")).to_be_attached()
    page.wait_for_selector(READY)
    without = below.bounding_box()["y"]
    for route in held:
        route.continue_()
    page.wait_for_function("() => document.querySelector('.strips img')?.complete")
    page.wait_for_selector(READY)
    assert abs(below.bounding_box()["y"] - without) < 12
    drawn = page.locator(".strips img").first.evaluate(
        "one => { const s = getComputedStyle(one); return [s.objectFit, s.borderRadius]; }"
    )
    assert drawn == ["fill", "2px"]  # not as Streamlit draws the pictures of a text


PLACES = """(() => {
  const places = window.places = {};
  const look = () => {
    const words = document.querySelector(".st-key-run_box")?.innerText ?? "";
    const strips = document.querySelector(".strips")?.getBoundingClientRect();
    const stage = words.includes("is being measured") ? "before" : words.includes("take minutes") ? "after" : null;
    if (strips && stage) (places[stage] ??= []).push(strips.y);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""  # of the pictures, in every frame until it is known how long a run takes, and after that


@pytest.mark.parametrize(
    ("guidance", "look"),  # one each that no other test asks for: how long that takes is measured now
    [(2, {"width": 1440}), (3, {"width": 1024, "height": 768}), (5, {"width": 390, "height": 844})],
)
def test_how_long_a_run_takes_moves_nothing_when_it_is_known(
    visits: Callable[..., Visit], server: str, guidance: int, look
) -> None:
    page = visits(**look).page
    page.add_init_script(PLACES)
    opened(page, server, f"?guidance={guidance}")
    page.wait_for_function("() => window.places.after?.length > 9", timeout=120_000)
    places = page.evaluate("() => window.places")
    assert places["before"][-1] == places["after"][-1]
