"""The Trajectories page in a real Chromium: played, stepped and scrubbed; one path followed; motion reduced."""

import re
import time
from collections.abc import Callable

import numpy as np
import pytest
from chromium import Visit, grab, pixels, required
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser
required()

QUICK = "?data=ring-8"
FRAMES = """async (bar) => {
  const met = [];
  while (met.length < 6) { await new Promise(requestAnimationFrame); met.push(Number(bar.value)); }
  return met;
}"""
FOLLOW = """(scrubber) => {  // every place that is ever on the screen
  window.met = [];
  const look = () => {
    if (met.at(-1) !== Number(scrubber.value)) met.push(Number(scrubber.value));
    requestAnimationFrame(look);
  };
  look();
}"""


class Player(Visit):
    """The page and what is played on it."""

    def open(self, url: str) -> "Player":
        self.page.goto(url)
        self.page.wait_for_selector(".flow canvas")
        self.idle()
        return self

    @property
    def scrubber(self) -> Locator:
        return self.page.get_by_role("slider", name="progress from noise to data")

    @property
    def position(self) -> float:
        return float(self.scrubber.input_value())

    @property
    def words(self) -> Locator:
        return self.page.locator(".flow .words")

    @property
    def canvases(self) -> Locator:
        return self.page.locator(".flow canvas")

    @property
    def pictures(self) -> list[str]:
        self.painted()
        return self.canvases.evaluate_all("all => all.map(one => one.toDataURL())")

    @property
    def number(self) -> Locator:
        return self.page.get_by_role("spinbutton", name="Follow path")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def painted(self) -> None:
        """Wait for two frames, however long a busy machine takes for them."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def status(self) -> list[str]:
        self.painted()
        return self.page.locator(".flow .status").all_inner_texts()

    def named(self, words: str) -> None:
        """All panels tell a screen reader so."""
        for k in range(self.canvases.count()):
            expect(self.canvases.nth(k)).to_have_attribute("aria-label", re.compile(words))


@pytest.fixture
def visit(visits: Callable[..., Player], server: str) -> Callable[..., Player]:
    def open_at(query: str = QUICK, reduced: bool = True, **look: object) -> Player:
        seen = visits(Player, reduced_motion="reduce" if reduced else "no-preference", **look)
        return seen.open(f"{server}/trajectories{query}")

    return open_at


def test_it_plays_by_itself_and_is_paused_restarted_and_slowed(visit) -> None:
    seen = visit(reduced=False)
    expect(seen.canvases).to_have_count(4)
    expect(seen.words).not_to_have_text(re.compile("^Start"))  # on its way, or there on a slow machine
    assert seen.position > 0
    seen.press("Restart")
    if seen.page.get_by_role("button", name="Play", exact=True).count():
        seen.press("Play")
    met = set(seen.scrubber.evaluate(FRAMES))
    assert len(met) > 3, "in six frames, however long a busy machine takes for them"
    assert any(position % 1 for position in met), "it glides between the steps"
    seen.press("Pause")
    rested, pictures = seen.position, seen.pictures
    seen.page.wait_for_timeout(400)
    assert (seen.position, seen.pictures) == (rested, pictures)
    seen.page.get_by_role("combobox", name="Speed").select_option("0.25")
    seen.press("Restart")
    assert seen.position == 0
    began = time.monotonic()
    seen.press("Play")
    seen.page.wait_for_timeout(700)
    assert 0 < seen.position < 0.25 * (time.monotonic() - began) + 0.1, "a quarter of a step in a second"
    seen.press("Pause")


def test_with_reduced_motion_nothing_starts_and_playing_goes_in_steps(visit) -> None:
    seen = visit()
    assert seen.position == 0
    seen.scrubber.evaluate(FOLLOW)
    seen.press("Play")
    seen.page.wait_for_function("met.length > 3")
    met = seen.page.evaluate("met")
    assert met[0] == 0
    assert met == sorted(met)
    assert all(position % 1 == 0 for position in met)
    seen.press("Pause")
    seen.press("Restart")
    stepped_and_scrubbed(seen)


def stepped_and_scrubbed(seen: Player) -> None:
    """Buttons, keys and pointer lead all panels at once."""
    start = seen.pictures
    assert "pure noise" in seen.words.inner_text()
    seen.press("Next")
    expect(seen.words).to_have_text("After step 1 of 8")
    assert [text.split(",")[0] for text in seen.status()] == ["step 1 of 8"] * 4
    assert all(after != before for after, before in zip(seen.pictures, start, strict=True))
    seen.scrubber.focus()
    seen.page.keyboard.press("ArrowRight")
    expect(seen.words).to_have_text("After step 2 of 8")
    seen.page.keyboard.press("Shift+ArrowRight")
    expect(seen.words).to_have_text("Step 3 of 8, under way")
    seen.page.keyboard.press("End")
    expect(seen.words).to_have_text("After step 8 of 8")
    assert all("σ = 0.002" in text for text in seen.status())
    seen.named("step 8 of 8")
    box = seen.scrubber.bounding_box()
    seen.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert seen.position == pytest.approx(4, abs=0.2)
    seen.press("Restart")
    assert seen.pictures == start


def test_the_alignments_share_steps_or_noise_levels(visit) -> None:
    seen = visit()
    for _ in range(4):
        seen.press("Next")
    sigmas = [float(re.search(r"σ = ([\d.]+)", text)[1]) for text in seen.status()]
    assert len(set(sigmas)) == 4, "after four steps each schedule is somewhere else"
    seen.page.get_by_role("radio", name="By noise level").click()
    expect(seen.page).to_have_url(re.compile("align=noise"))
    expect(seen.words).to_contain_text("in every panel")
    shared = {re.search(r"σ = ([\d.]+)", text)[1] for text in seen.status()}
    assert len(shared) == 1
    assert min(sigmas) < float(shared.pop()) < max(sigmas)
    assert len({text.split(",")[0] for text in seen.status()}) > 1, "at one level they are in different steps"
    before = seen.status()
    seen.press("Next")
    reached = sum(a.split(",")[0] != b.split(",")[0] for a, b in zip(before, seen.status(), strict=True))
    assert reached <= 1, "from one schedule's level to the next one's"


def test_one_path_is_followed_by_click_and_by_keyboard_in_every_panel(visit) -> None:
    seen = visit(f"{QUICK}&follow=0&targets=True")
    expect(seen.number).to_have_value("0")
    plain = seen.pictures
    box = seen.canvases.nth(1).bounding_box()
    seen.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(seen.number).not_to_have_value("0")
    path = seen.number.input_value()
    seen.named(f"path {path} is followed")
    assert all(after != before for after, before in zip(seen.pictures, plain, strict=True))
    expect(seen.page).to_have_url(re.compile(f"follow={path}"))
    expect(seen.page.get_by_text(f"Path {path} ends this far from the reference")).to_be_visible()

    seen.number.focus()
    assert seen.number.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    seen.page.keyboard.press("ArrowUp")
    seen.page.keyboard.press("ArrowUp")
    seen.named(f"path {int(path) + 2} is followed")
    expect(seen.page).to_have_url(re.compile(f"follow={int(path) + 2}"))
    seen.idle()
    expect(seen.number).to_have_value(f"{int(path) + 2}")
    seen.number.fill("0")
    expect(seen.page).to_have_url(re.compile("follow=0"))
    assert seen.pictures == plain


def test_new_steps_keep_the_place_and_four_narrow_panels_fit(visit) -> None:
    seen = visit(f"{QUICK}&shown=edm,logsnr,cosine,klub-optimum", width=1024, height=768, scheme="dark")
    expect(seen.canvases).to_have_count(4)
    assert seen.scrubber.bounding_box()["y"] < 768
    seen.page.keyboard.press("Tab")
    seen.scrubber.focus()
    seen.page.keyboard.press("End")
    seen.page.locator(".st-key-steps input[type=range]").focus()
    seen.page.keyboard.press("ArrowRight")
    expect(seen.page).to_have_url(re.compile("steps=9"))
    expect(seen.words).to_have_text("After step 9 of 9")


def test_a_link_opens_at_rest_where_the_panels_were_stopped(visit) -> None:
    seen = visit(reduced=False)
    seen.scrubber.focus()
    seen.page.keyboard.press("End")
    seen.page.keyboard.press("ArrowLeft")
    expect(seen.words).to_have_text("After step 7 of 8")
    expect(seen.page).to_have_url(re.compile("place=0.875"))
    seen.idle()
    other = visit(f"?{seen.page.url.partition('?')[2]}", reduced=False)
    for one in (seen, other):
        one.page.wait_for_timeout(600)  # it would have been playing
        expect(one.words).to_have_text("After step 7 of 8")
        expect(one.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert other.status() == seen.status()
    seen.page.reload()
    seen.page.wait_for_selector(".flow canvas")
    expect(seen.words).to_have_text("After step 7 of 8")


def test_paths_follow_the_steps_before_python_has_heard_and_are_python_s_then(visit) -> None:
    seen = visit("?data=ring-8&shown=edm,logsnr&follow=7&targets=True&solver=sde-dpmpp-2m", reduced=False)
    if seen.page.get_by_role("button", name="Pause", exact=True).count():
        seen.press("Pause")
    seen.page.get_by_role("button", name="Restart").click()
    seen.press("Next")
    seen.idle()
    slider = seen.page.locator(".st-key-steps input[type=range]")
    url, before = seen.page.url, dots(seen)
    x, y = grab(seen.page, slider.locator("xpath=../.."))
    seen.page.mouse.move(x - 30, y, steps=3)
    steps = int(slider.get_attribute("aria-valuetext"))
    expect(seen.page.locator(".flow .status").first).to_contain_text(f" of {steps}")
    moving = dots(seen)
    for _ in range(40):  # until the last of them are there
        seen.page.wait_for_timeout(300)
        before_that, moving = moving, dots(seen)
        if all((one == other).all() for one, other in zip(moving, before_that, strict=True)):
            break
    words, place = seen.status(), seen.position
    assert seen.page.url == url
    seen.page.mouse.up()
    expect(seen.page).to_have_url(re.compile(f"steps={steps}"))
    seen.idle()
    assert (seen.status(), seen.position) == (words, place)
    off = [[(np.abs(one - other).max(axis=1) > 60).mean() for one, other in zip(moving, those, strict=True)]
           for those in (before, dots(seen))]  # fmt: skip
    assert max(off[1]) < min(0.005, *off[0]), off  # a dot may be a pixel aside
    # The slider has gone on when Python answers: the paths stay where it stands.
    x, y = grab(seen.page, slider.locator("xpath=../.."))
    seen.page.mouse.move(x + 20, y, steps=3)
    older = slider.get_attribute("aria-valuetext")
    seen.page.mouse.up()
    grab(seen.page, slider.locator("xpath=../.."))
    seen.page.mouse.move(x - 10, y, steps=3)
    steps = slider.get_attribute("aria-valuetext")
    assert steps != older
    expect(seen.page).to_have_url(re.compile(f"steps={older}"))
    seen.idle()
    seen.page.wait_for_timeout(300)
    expect(seen.page.locator(".flow .status").first).to_contain_text(f" of {steps}")
    seen.page.mouse.up()
    expect(seen.page).to_have_url(re.compile(f"steps={steps}"))
    seen.idle()
    seen.unharmed()


def dots(seen: Player) -> list[np.ndarray]:
    seen.painted()
    return [pixels(one).reshape(-1, 4) for one in seen.canvases.all()]


def test_without_a_worker_the_server_s_paths_come_as_ever(visits, server: str) -> None:
    seen = visits(Player, reduced_motion="reduce")
    seen.page.add_init_script("window.Worker = class { constructor() { throw new Error('none'); } };")
    seen.open(f"{server}/trajectories?data=ring-8&shown=edm,logsnr")
    before = seen.pictures
    slider = seen.page.locator(".st-key-steps input[type=range]")
    slider.focus()
    seen.page.keyboard.press("ArrowRight")
    expect(seen.page).to_have_url(re.compile("steps=9"))
    seen.idle()
    assert seen.pictures != before
    assert seen.position == 0
    seen.unharmed()
