"""Beat AYS in a real Chromium: the picture follows a level that moves, before Python has heard of it."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from chromium import ADDRESS, READY, Visit, grab, pixels, required, swiped
from playwright.sync_api import Locator, Page, expect
from scipy.ndimage import gaussian_filter

from ays_toy.figures.density import shade_colors
from ays_toy.runs import challenge, pictures
from ays_toy.runs.comparison import Model
from ays_toy.sampling import samplers
from ays_toy.sampling.counter_noise import CounterNoise

pytestmark = pytest.mark.browser
required()


def opened(page: Page, server: str, query: str = "data=ring-8&steps=8") -> Page:
    page.goto(f"{server}/beat_ays?{query}")
    expect(knob(page)).to_be_visible(timeout=120_000)
    page.wait_for_selector(READY)
    expect(yours(page)).to_be_visible()
    page.wait_for_timeout(500)
    return page


def knob(page: Page, k: int = 4) -> Locator:
    return page.get_by_role("slider", name=re.compile(rf"^Noise level {k} of \d+$"))


def live(page: Page) -> Locator:
    return page.locator(".live canvas")


def yours(page: Page) -> Locator:
    """The picture in Plotly's figure."""
    return page.locator(".st-key-panels_box5 .subplot.x2y2 .heatmaplayer image")


def test_the_picture_follows_a_dragged_level_before_the_server_answers(page: Page, server: str) -> None:
    opened(page, server)
    url, before, figure = page.url, yours(page).evaluate(ADDRESS), yours(page).bounding_box()
    expect(live(page)).to_be_hidden()
    x, y = grab(page, knob(page).locator(".dot"))
    page.mouse.move(x + 40, y, steps=4)
    expect(live(page)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile(r"^Yours as it moves, [\d,]+ samples, live$"))).to_be_visible()
    one = pixels(live(page))
    page.mouse.move(x - 40, y, steps=4)
    expect(live(page)).to_have_attribute("data-points", "20000")  # a hand that pauses sees all of them
    other = pixels(live(page))
    assert (one != other).any(axis=2).mean() > 0.02
    assert page.url == url
    assert yours(page).evaluate(ADDRESS) == before  # Python has not been told
    over = live(page).bounding_box()
    assert all(abs(over[side] - figure[side]) < 1 for side in figure)
    assert yours(page).bounding_box() == figure  # nothing on the page has moved
    page.mouse.up()
    expect(live(page)).to_be_hidden(timeout=30_000)
    expect(page).to_have_url(re.compile("levels="))
    page.wait_for_selector(READY)
    expect(yours(page)).to_have_count(1)
    assert yours(page).evaluate(ADDRESS) != before
    assert yours(page).bounding_box() == figure


def test_it_is_the_picture_that_the_library_makes_of_the_same_noise(page: Page, server: str) -> None:
    opened(page, server)
    x, y = grab(page, knob(page).locator(".dot"))
    page.mouse.move(x + 30, y, steps=3)
    expect(live(page)).to_be_visible()
    page.mouse.up()
    expect(live(page)).to_be_hidden(timeout=30_000)
    page.wait_for_selector(READY)
    inner = challenge.read_levels(re.search(r"levels=([^&]+)", page.url)[1].replace("%2C", ","))
    model, count = Model("ring-8"), int(live(page).get_attribute("data-points"))
    noise = CounterNoise(0, count)
    x_T = noise.start(80.0, torch.float64)
    levels = challenge.attempt(inner, model.sigma_max, model.sigma_min)
    samples = samplers.sample(model.denoiser(), x_T, levels, noise=noise)
    half = model.dataset.half_width
    image = gaussian_filter(pictures.density_image(samples, half, 128), 0.7 * (model.samples / count) ** (1 / 6))
    top = pictures.brightest(pictures.true_image(model, half, 128))
    wanted = shade_colors()[np.minimum(255 * np.sqrt(image / top), 255).astype(np.uint8)][::-1]
    off = np.abs(pixels(live(page))[..., :3] - wanted).max(axis=2)
    assert (off > 2).mean() < 0.001


def test_it_goes_at_once_where_the_level_is_put_back(page: Page, server: str) -> None:
    opened(page, server)
    url = page.url
    x, y = grab(page, knob(page).locator(".dot"))
    page.mouse.move(x + 40, y, steps=4)
    expect(live(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(live(page)).to_be_hidden(timeout=1000)
    page.mouse.up()
    assert page.url == url


def test_keys_move_it_too_and_buttons_leave_the_figure_alone(page: Page, server: str) -> None:
    opened(page, server)
    before = yours(page).evaluate(ADDRESS)
    page.keyboard.press("Tab")
    knob(page).focus()
    page.keyboard.down("PageDown")
    expect(live(page)).to_be_visible()
    page.keyboard.up("PageDown")
    expect(live(page)).to_be_hidden(timeout=30_000)
    page.wait_for_selector(READY)
    expect(yours(page)).to_have_count(1)
    assert yours(page).evaluate(ADDRESS) != before
    page.get_by_role("button", name="Undo").click()
    expect(page).not_to_have_url(re.compile("levels="))
    expect(live(page)).to_be_hidden()


COUNT_PAUSES = """
let last = Infinity;
window.pauses = 0;  // of the hand: on a busy machine it may be slow
addEventListener("pointermove", () => {
  window.pauses += performance.now() - last >= 150;
  last = performance.now();
}, true);
"""


def test_where_motion_is_not_wanted_the_picture_waits_for_the_hand_to_pause(
    visits: Callable[..., Visit], server: str
) -> None:
    page = opened(visits(reduced_motion="reduce").page, server)
    page.evaluate(COUNT_PAUSES)
    x, y = grab(page, knob(page).locator(".dot"))
    for k in range(20):
        page.mouse.move(x + 2 * k, y)
    painted, pauses = live(page).get_attribute("data-painted"), page.evaluate("window.pauses")
    assert int(painted or 0) <= 2 * (1 + pauses), "a first picture and a whole one where the hand rests"
    expect(live(page)).to_have_attribute("data-points", "20000")
    page.mouse.up()


NONE = "window.Worker = class { constructor() { throw new Error('none'); } };"
FAILING = """
const Own = window.Worker, broken = URL.createObjectURL(new Blob(["throw new Error('broken');"]));
window.Worker = class extends Own { constructor() { super(broken); } };
"""


@pytest.mark.parametrize("worker", [NONE, FAILING], ids=["none", "failing"])
def test_a_browser_whose_workers_do_not_work_has_the_server_s_pictures_as_ever(
    visits: Callable[..., Visit], server: str, worker: str
) -> None:
    visit = visits()
    visit.page.add_init_script(worker)
    page = opened(visit.page, server)
    before = yours(page).evaluate(ADDRESS)
    x, y = grab(page, knob(page).locator(".dot"))
    page.mouse.move(x + 40, y, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile("levels="))
    page.wait_for_function(
        "([one, other]) => document.querySelector(one)?.getAttribute('href') !== other",
        arg=[".st-key-panels_box5 .subplot.x2y2 .heatmaplayer image", before],
        timeout=30_000,
    )
    assert live(page).get_attribute("data-painted") is None
    visit.unharmed()


def test_it_has_a_corner_on_the_rail_where_the_figure_is_out_of_sight(
    visits: Callable[..., Visit], server: str
) -> None:
    page = opened(visits(width=390, height=844, scheme="dark").page, server)
    knob(page).scroll_into_view_if_needed()
    x, y = grab(page, knob(page).locator(".dot"))
    page.mouse.move(x + 12, y, steps=3)
    expect(live(page)).to_be_visible()
    box = live(page).bounding_box()
    assert yours(page).bounding_box()["y"] > 844
    assert 0 < box["y"] < box["y"] + box["height"] < 844
    page.mouse.up()
    expect(page).to_have_url(re.compile("levels="))
    page.wait_for_selector(READY)
    expect(live(page)).to_be_visible()  # the figure that has come cannot be seen yet
    yours(page).scroll_into_view_if_needed()
    expect(live(page)).to_be_hidden()


# --- Optimize --------------------------------------------------------------------------------------------------------


def test_the_samples_of_a_sweep_follow_the_bar_and_give_way_to_the_figure_s(page: Page, server: str) -> None:
    page.goto(f"{server}/optimize?data=ring-8")
    figure = page.locator(".st-key-panels_box5 .subplot.x4y4 .heatmaplayer image")
    expect(figure).to_be_visible(timeout=120_000)
    page.wait_for_selector(READY)
    page.wait_for_timeout(500)
    bar, words = page.get_by_role("slider", name="sweep"), page.locator(".live-words")
    url, before, frame = page.url, figure.evaluate(ADDRESS), figure.bounding_box()
    box = bar.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 9, box["y"] + box["height"] / 2)
    page.mouse.down()
    expect(live(page)).to_be_hidden()
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2, steps=6)
    expect(live(page)).to_have_attribute("data-points", "20000")
    sweep = bar.input_value()
    expect(words).to_have_text(f"sweep {sweep}: 20,000 samples, live")
    first = pixels(live(page))
    page.mouse.move(box["x"] + 9, box["y"] + box["height"] / 2, steps=3)
    expect(words).to_have_text(re.compile(r"^sweep 0: 20,000"))
    assert (pixels(live(page)) != first).any(axis=2).mean() > 0.02
    assert (page.url, figure.evaluate(ADDRESS)) == (url, before)  # Python has not been told
    assert all(abs(live(page).bounding_box()[side] - frame[side]) < 1 for side in frame)
    page.mouse.up()
    expect(live(page)).to_be_hidden(timeout=30_000)
    expect(page).to_have_url(re.compile("sweep=0"))
    page.wait_for_selector(READY)
    assert figure.evaluate(ADDRESS) != before
    page.get_by_role("button", name="Play", exact=True).click()
    expect(words).to_have_text(re.compile(r"^sweep [1-9]"))
    expect(live(page)).to_be_hidden(timeout=60_000)  # it has come to the end, and Python's picture is there
    expect(page).not_to_have_url(re.compile("sweep="))
    # Where the pictures are out of sight, they have a corner in a figure that is not.
    page.set_viewport_size({"width": 1024, "height": 768})
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    klub = page.locator("figure.klub svg")
    box = klub.bounding_box()
    assert figure.bounding_box()["y"] > 768
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    expect(words).to_have_text(re.compile("samples, live"))
    expect(live(page)).to_be_visible()  # the words may be those of before
    corner = live(page).bounding_box()
    page.mouse.up()
    assert box["x"] < corner["x"] < corner["x"] + corner["width"] < box["x"] + box["width"]
    assert box["y"] < corner["y"] < corner["y"] + corner["height"] < min(768, box["y"] + box["height"])
    # Another search takes it away, though the bar is paused without anybody's coming to rest.
    page.wait_for_selector(READY)
    at = bar.input_value()
    swiped(page.context.new_cdp_session(page), box["x"] + 90, box["y"] + 100)
    page.wait_for_timeout(300)
    assert bar.input_value() == at, "a finger that scrolls the page leaves the sweep alone"
    page.get_by_role("button", name="Restart", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).click()
    expect(words).to_have_text(re.compile(r"^sweep [1-9].*live"))
    page.locator(".st-key-steps input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("steps=11"))
    page.wait_for_selector(READY)
    expect(live(page)).to_be_hidden()
