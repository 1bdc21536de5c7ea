"""Drawing in a real Chromium: by mouse, by keyboard, undone, brought as an image, taken along in a link."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from chromium import ADDRESS, Visit, grab, pixels, required
from chromium import picture as picture_at
from PIL import Image
from playwright.sync_api import Page, expect

from ays_toy.data import drawing

pytestmark = pytest.mark.browser
required()
FAST = "steps=3&sigma_min=0.05&sigma_max=10"


@pytest.fixture
def visit(visits: Callable[..., Visit], server: str) -> Visit:
    one = visits()
    open_page(one.page, f"{server}/data?{FAST}")
    return one


def open_page(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("canvas.paper")).to_be_visible(timeout=90_000)
    samples(page)


def samples(page: Page) -> str:
    """The titles and figures over the pictures, once samples are there."""
    words = page.locator(".st-key-panels .annotation-text")
    expect(words.nth(2)).to_contain_text("Sliced W2", timeout=60_000)
    return " ".join(words.all_text_contents())


def ink_seen(page: Page) -> np.ndarray:
    """The ink on the canvas [32, 32] from 0 to 1: between paper and ink the color's red rises from 0 to 254."""
    sums = page.locator("canvas.paper").evaluate(
        """(paper) => {
          const side = paper.width, sums = new Array(1024).fill(0), counts = new Array(1024).fill(0);
          const { data } = paper.getContext('2d').getImageData(0, 0, side, side);
          for (let y = 0; y < side; y += 1)
            for (let x = 0; x < side; x += 1) {
              const k = 32 * Math.floor((y * 32) / side) + Math.floor((x * 32) / side);
              sums[k] += data[4 * (y * side + x)] / 254;
              counts[k] += 1;
            }
          return sums.map((sum, k) => sum / counts[k]);
        }"""
    )
    return np.array(sums).reshape(32, 32)


def ink_meant(page: Page) -> np.ndarray:
    """The ink of the drawing in the address [32, 32], as the library has it."""
    found = re.search("data=drawn%3A([^&]+)", page.url)
    return drawing.decode(found[1]).density().reshape(32, 8, 32, 8).mean(axis=(1, 3))


def agree(page: Page) -> np.ndarray:
    """Hold what is seen against what the points are drawn from -> how much of it lies in each of 4 x 4 parts."""
    page.mouse.move(5, 5)  # the brush away from the paper
    page.wait_for_timeout(150)
    seen, meant = ink_seen(page), ink_meant(page)
    assert seen.sum() == pytest.approx(meant.sum(), rel=0.04)
    assert np.abs(seen - meant).mean() < 0.004
    return seen.reshape(4, 8, 4, 8).sum(axis=(1, 3)).round(1)


def drag(page: Page, *corners: tuple[float, float]) -> None:
    """With the mouse, over places given as shares of the pad."""
    box = page.locator("canvas.paper").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def cleared(page: Page) -> None:
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator(".status")).to_contain_text("no ink left")


def drawn_on_both_sides(visit: Visit) -> np.ndarray:
    """Clear the paper and draw one stroke with its mirror image -> how much ink lies in each of 4 x 4 parts."""
    page = visit.page
    example = samples(page)
    cleared(page)
    page.get_by_role("combobox", name="Symmetry").select_option("left-right")
    drag(page, (0.1, 0.1), (0.2, 0.1), (0.2, 0.2))
    expect(page.locator(".status")).to_have_text("2,000 points from 1 stroke.")
    expect(page).to_have_url(re.compile("data=drawn"))
    visit.idle()
    assert samples(page) != example
    page.get_by_role("combobox", name="Symmetry").select_option("none")  # of the next stroke; no guides over this one
    return agree(page)


def test_one_draws_with_a_mirror_and_gets_samples_and_the_link_shows_the_same(
    visit: Visit, visits: Callable[..., Visit]
) -> None:
    both = drawn_on_both_sides(visit)
    assert both[0, 0] == pytest.approx(both[0, 3], abs=0.2)
    assert both[0, 0] > 4
    assert both.sum() == both[0, 0] + both[0, 3]
    other = visits(width=1024, height=768, scheme="dark")
    open_page(other.page, visit.page.url)
    expect(other.page.locator(".status")).to_have_text("2,000 points from 1 stroke.")
    np.testing.assert_allclose(agree(other.page), both, atol=0.4)
    assert other.page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_one_erases_undoes_and_draws_with_less_ink(visit: Visit) -> None:
    page, both = visit.page, drawn_on_both_sides(visit)
    first = page.url
    page.get_by_role("button", name="Erase", exact=True).click()
    page.get_by_role("slider", name="Brush").fill("128")
    drag(page, (0.9, 0.0), (0.9, 0.25))
    drag(page, (0.78, 0.0), (0.78, 0.25))
    expect(page.locator(".status")).to_contain_text("3 strokes")
    left = agree(page)
    assert left[0, 0] == both[0, 0] == left.sum()
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    expect(page.locator(".status")).to_have_text("2,000 points from 1 stroke.")
    assert page.url == first
    page.get_by_role("button", name="Redo").click()
    expect(page.locator(".status")).to_contain_text("2 strokes")
    page.get_by_role("button", name="Draw", exact=True).click()
    page.get_by_role("combobox", name="Ink").select_option("0")
    drag(page, (0.5, 0.7), (0.9, 0.9))
    expect(page.locator(".status")).to_contain_text("3 strokes")
    agree(page)
    assert ink_seen(page)[16:].max() == pytest.approx(0.25, abs=0.01)


def test_one_draws_by_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    cleared(page)
    page.get_by_role("button", name="Clear", exact=True).focus()
    for _ in range(4):  # brush, ink, symmetry, paper
        page.keyboard.press("Tab")
    paper = page.locator("canvas.paper")
    expect(paper).to_be_focused()
    assert paper.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    expect(
        page.get_by_role("application", name=re.compile("arrow keys move the brush.*Space puts it down"))
    ).to_be_visible()
    for key in ["ArrowLeft"] * 5 + ["ArrowUp"] * 3 + ["Space"] + ["ArrowUp"] * 15:
        page.keyboard.press(key)
    expect(page.locator(".spoken")).to_have_text("Brush down, 38 % across, 8 % down.")
    page.keyboard.press("Space")
    expect(page.locator(".status")).to_have_text("2,000 points from 1 stroke.")
    samples(page)
    ink = ink_seen(page).reshape(4, 8, 4, 8).sum(axis=(1, 3))
    assert ink[:2, 1].min() > 2
    assert ink[2:].sum() + ink[:, [0, 2, 3]].sum() < 0.5
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(page.locator(".status")).to_contain_text("no ink left")
    page.keyboard.press("Control+y")
    expect(page.locator(".status")).to_have_text("2,000 points from 1 stroke.")
    expect(paper).to_be_focused()


def picture(file: Path, side: int) -> Path:
    """A PNG of a dark bar on grainy paper, one byte a pixel."""
    pixels = np.random.default_rng(0).integers(200, 256, (side, side), dtype=np.uint8)
    pixels[side // 4 : side // 2, side // 4 : -side // 4] = 0
    Image.fromarray(pixels).save(file, compress_level=0)
    return file


def test_an_image_becomes_data_everywhere_and_one_too_large_is_a_sentence(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    example = samples(page)
    page.get_by_role("radio", name="Image").or_(page.get_by_role("button", name="Image")).click()
    upload = page.locator("input[type=file]")
    upload.set_input_files(picture(tmp_path / "large.png", 7200))  # 50 MB
    expect(page.get_by_text(re.compile("must be 2.*MB or smaller"))).to_be_visible(timeout=30_000)
    upload.set_input_files(picture(tmp_path / "bar.png", 200))
    expect(page).to_have_url(re.compile("data=held"), timeout=30_000)
    visit.idle()
    assert samples(page) != example
    page.get_by_role("button", name="Train", exact=True).first.click()
    expect(page).to_have_url(re.compile("/train"))
    expect(page.get_by_role("combobox", name="Data")).to_have_value("bar.png (your points)", timeout=30_000)
    page.get_by_role("button", name="Use your own points").click()
    expect(page).to_have_url(re.compile("/data"))
    samples(page)


def shown(address: str) -> np.ndarray:
    """A picture in a figure, by its address: gray [128, 128]."""
    return np.array(picture_at(address).resize((128, 128), Image.Resampling.BOX)).mean(axis=2)


def test_samples_follow_the_brush_and_give_way_to_the_same_of_the_figure(
    visits: Callable[..., Visit], server: str
) -> None:
    visit = visits()
    page = visit.page
    open_page(page, f"{server}/data?steps=20")  # or samples would lie everywhere
    live, figure = page.locator(".live canvas"), page.locator(".st-key-panels_box3 .subplot.x2y2 .heatmaplayer image")
    url, before, frame = page.url, figure.evaluate(ADDRESS), figure.bounding_box()
    x, y = grab(page, page.locator("canvas.paper"))
    page.mouse.move(x, y - 150, steps=8)
    expect(live).to_have_attribute("data-points", "4096")
    assert (page.url, figure.evaluate(ADDRESS)) == (url, before)  # Python has not been told
    assert all(abs(live.bounding_box()[side] - frame[side]) < 1 for side in frame)
    seen = pixels(live)[..., :3].mean(axis=2)
    page.mouse.up()
    expect(live).to_be_hidden(timeout=30_000)
    visit.idle()
    expect(page).to_have_url(re.compile("data=drawn"))
    assert figure.bounding_box() == frame
    old, own = shown(before), shown(figure.evaluate(ADDRESS))
    assert np.corrcoef(seen.ravel(), own.ravel())[0, 1] > 0.8
    stroke = np.s_[30:58, 60:68]  # between the eyes, where nothing was
    assert seen[stroke].mean() > old[stroke].mean() + 30
    assert seen[stroke].mean() == pytest.approx(own[stroke].mean(), abs=25)
    visit.page.set_viewport_size({"width": 390, "height": 844})  # the figure is below, and out of sight
    visit.idle()
    grab(page, page.locator("canvas.paper"))
    page.mouse.move(200, 400, steps=4)
    expect(live).to_be_visible()
    small, paper = live.bounding_box(), page.locator("canvas.paper").bounding_box()
    assert small["y"] + small["height"] <= paper["y"]
    page.mouse.up()
    cleared(page)
    expect(live).to_be_hidden()
    visit.unharmed()
