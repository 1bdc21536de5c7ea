"""Explore in a real Chromium: pictures follow the sliders before Python has heard of it, and give way to its figure."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from chromium import ADDRESS, READY, Visit, grab, picture, pixels, required
from PIL import Image
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
required()
SHOWN = f"images => images.map({ADDRESS})"
SWAY = """async ([x, clientY]) => {  // all in the page: a driver's own moves are further apart than a hand's
  for (let k = 0; k < 20; k += 1) {
    const pointer = { pointerId: 1, pointerType: "mouse", bubbles: true, clientX: x + 2 * k, clientY };
    window.dispatchEvent(new PointerEvent("pointermove", pointer));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const roots = [document, ...[...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean)];
  const pictures = roots.flatMap((root) => [...root.querySelectorAll(".live canvas")]);
  return Math.max(0, ...pictures.map((one) => Number(one.dataset.painted ?? 0)));
}"""


def opened(page: Page, server: str, query: str = "shown=edm,logsnr") -> Page:
    page.goto(f"{server}/?data=ring-8&{query}")
    page.wait_for_selector(".st-key-panels_box52 .heatmaplayer image", timeout=120_000)
    page.wait_for_selector(READY, timeout=120_000)
    page.wait_for_timeout(500)
    return page


def live(page: Page) -> Locator:
    return page.locator(".live canvas:visible")


def seen(page: Page, *names: str) -> None:
    """Wait for a frame in which just these pictures are there: Python may be fast, and take them away at once."""
    script = """(names) => {
      const roots = [...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean);
      const pictures = roots.flatMap((root) => [...root.querySelectorAll(".live canvas")]);
      const all = pictures.filter((one) => one.checkVisibility());
      return all.length === names.length && all.every((one, k) => one.ariaLabel?.startsWith(names[k]));
    }"""
    page.wait_for_function(script, arg=list(names))


def figure(page: Page) -> list[str]:
    return page.locator(".st-key-panels_box52 .heatmaplayer image").evaluate_all(SHOWN)


def rail(page: Page) -> Locator:
    return page.locator(".live-rail")


def thumb(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} input[type=range]")


def slider(page: Page) -> Locator:
    """The track of Steps, by whose middle it is taken hold of."""
    return thumb(page, "steps").locator("xpath=../..")


def all_drawn(page: Page, count: int) -> list[np.ndarray]:
    expect(page.locator(".live canvas[data-points='20000']:visible")).to_have_count(count)
    return [pixels(one)[..., :3] for one in live(page).all()]


def panels(page: Page) -> list[np.ndarray]:
    """The figure's own pictures."""
    images = [picture(one).resize((128, 128), Image.Resampling.BOX) for one in figure(page)[1:]]
    return [np.array(image) for image in images]


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return np.corrcoef(one.mean(axis=2).ravel(), other.mean(axis=2).ravel())[0, 1]


def gone(page: Page) -> None:
    expect(live(page)).to_have_count(0, timeout=30_000)
    page.wait_for_selector(READY)


def test_pictures_follow_the_steps_and_give_way_to_the_same_of_the_figure(page: Page, server: str) -> None:
    opened(page, server)
    url, before = page.url, figure(page)
    frames = [one.bounding_box() for one in page.locator(".st-key-panels_box52 .heatmaplayer image").all()]
    heights = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
    height = page.evaluate(heights)
    x, y = grab(page, slider(page))
    page.mouse.move(x - 20, y, steps=4)
    first = all_drawn(page, 2)
    painted = [one.get_attribute("data-painted") for one in live(page).all()]
    page.mouse.move(x + 20, y, steps=4)
    expect(thumb(page, "steps")).not_to_have_value("8")
    for one, times in zip(live(page).all(), painted, strict=True):
        expect(one).not_to_have_attribute("data-painted", times)
    second = all_drawn(page, 2)
    expect(rail(page)).to_be_visible()  # its levels and what they cost
    expect(rail(page).locator(".mark")).to_have_count(2 * (int(thumb(page, "steps").input_value()) + 1))
    expect(rail(page)).to_contain_text(re.compile("EDM: KLUB [0-9]"))
    assert all((one != other).any(axis=2).mean() > 0.02 for one, other in zip(first, second, strict=True))
    assert page.url == url
    assert figure(page) == before  # Python has not been told
    over = [one.bounding_box() for one in live(page).all()]
    assert all(abs(a[side] - b[side]) < 1 for a, b in zip(over, frames[1:], strict=True) for side in a)
    assert page.evaluate(heights) == height
    page.mouse.up()
    gone(page)
    expect(page).to_have_url(re.compile("steps="))
    assert figure(page) != before
    own = panels(page)
    alike = [likeness(one, other) for one, other in zip(second, own, strict=True)]
    assert min(alike) > 0.995, alike  # the very same samples
    expect(rail(page)).to_be_hidden()
    assert likeness(first[0], own[0]) < likeness(second[0], own[0])


def test_keys_and_the_power_move_that_alone_which_they_change(page: Page, server: str) -> None:
    opened(page, server, "shown=edm,p-optimum&steps=4")
    before = figure(page)
    thumb(page, "power").focus()
    page.keyboard.press("Home")
    seen(page, "p-optimum as it moves")  # EDM has no power
    gone(page)
    expect(page).to_have_url(re.compile("power=0.5"))
    now = figure(page)
    assert now[:2] == before[:2]
    assert now[2] != before[2]
    thumb(page, "steps").focus()
    page.keyboard.press("ArrowRight")
    seen(page, "EDM as it moves", "p-optimum as it moves")
    gone(page)
    expect(page).to_have_url(re.compile("steps=5"))


def test_what_is_put_back_leaves_the_figure_alone(page: Page, server: str) -> None:
    opened(page, server)
    url, before = page.url, figure(page)
    x, y = grab(page, slider(page))
    page.mouse.move(x + 20, y, steps=3)
    expect(live(page)).to_have_count(2)
    page.mouse.move(x, y, steps=3)
    expect(live(page)).to_have_count(0, timeout=1000)
    page.mouse.up()
    assert (page.url, figure(page)) == (url, before)
    # Put back while Python is on its way: what it brings is covered.
    x, y = grab(page, slider(page))
    page.mouse.move(x + 20, y, steps=3)
    page.mouse.up()
    grab(page, slider(page))
    page.mouse.move(x, y, steps=3)
    expect(thumb(page, "steps")).to_have_value("8")
    page.wait_for_function(f"(before) => ({SHOWN})([...document.querySelectorAll("
                           "'.st-key-panels_box52 .heatmaplayer image')])[1] !== before", arg=before[1])  # fmt: skip
    expect(live(page)).to_have_count(2)
    expect(rail(page)).to_be_visible()
    page.mouse.up()
    gone(page)
    expect(rail(page)).to_be_hidden()
    assert figure(page) == before
    # Where the pictures are left out, the rail follows alone.
    page.add_style_tag(content=".st-key-panels_box52 { display: none !important; }")
    x, y = grab(page, slider(page))
    page.mouse.move(x + 20, y, steps=3)
    expect(rail(page).locator(".mark")).to_have_count(2 * (int(thumb(page, "steps").input_value()) + 1))
    expect(live(page)).to_have_count(0)
    page.mouse.up()
    expect(rail(page)).to_be_hidden(timeout=30_000)


def test_what_has_to_be_searched_for_says_so(page: Page, server: str) -> None:
    opened(page, server, "shown=edm,ays&steps=20")
    x, y = grab(page, slider(page))
    page.mouse.move(x + 6, y, steps=2)  # AYS ships for 20 steps, and not for the next ones
    expect(live(page)).to_have_count(1)
    expect(page.locator(".live-words:visible", has_text="searching …")).to_have_count(1)
    expect(page.locator("canvas[aria-label$='searching …']")).to_have_count(1)
    page.mouse.move(x, y, steps=2)
    expect(page.locator(".live-words:visible")).to_have_count(0)
    page.mouse.up()


def test_where_motion_is_not_wanted_the_pictures_wait_for_the_hand_to_pause(
    visits: Callable[..., Visit], server: str
) -> None:
    page = opened(visits(reduced_motion="reduce").page, server)
    x, y = grab(page, slider(page))
    assert page.evaluate(SWAY, [x, y]) <= 2, "pictures while the hand moves, of the most that one panel has"
    all_drawn(page, 2)
    page.mouse.up()


def test_where_workers_fail_the_server_s_pictures_come_as_ever(visits: Callable[..., Visit], server: str) -> None:
    visit = visits()
    visit.page.add_init_script(
        "const Own = window.Worker, broken = URL.createObjectURL(new Blob([`throw new Error('broken');`]));"
        "window.Worker = class extends Own { constructor() { super(broken); } };"
    )
    page = opened(visit.page, server)
    before = figure(page)
    thumb(page, "steps").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("steps=9"))
    page.wait_for_function(f"(before) => ({SHOWN})([...document.querySelectorAll("
                           "'.st-key-panels_box52 .heatmaplayer image')])[1] !== before", arg=before[1])  # fmt: skip
    assert page.locator(".live").count() == page.locator(".live[hidden]").count()
    visit.unharmed()
