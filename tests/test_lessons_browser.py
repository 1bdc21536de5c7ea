"""Every lesson walked in a real Chromium by keyboard alone: each question answered wrong and right, each drawn."""

import re
from collections.abc import Callable

import pytest
from axe import violations
from chromium import PLAIN, READY, Visit, required
from playwright.sync_api import Locator, Page, expect
from test_screens import faults

from ays_toy.lessons import LESSONS
from ays_toy.lessons.lesson import Prediction, Question, Step

pytestmark = pytest.mark.browser
required()

PATIENCE = 60_000  # milliseconds
NUMBERS = {"One step": 8, "One step too far": 0.22, "The dearest step": 4, "How far does it get?": 9}  # as on the page


def said(page: Page) -> Locator:
    return page.locator(".st-key-lesson_said")


def press(page: Page, name: str) -> None:
    """Press a button of the bar with the Enter key."""
    button = page.locator(".st-key-lesson").get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled(timeout=PATIENCE)
    button.focus()
    page.keyboard.press("Enter")


def check(page: Page, answer: str) -> bool:
    """Check what was answered -> whether it is right."""
    press(page, "Check")
    expect(said(page)).to_contain_text(re.compile(rf"(Right|Not quite): {re.escape(answer)}"), timeout=PATIENCE)
    return "Right:" in said(page).inner_text()


def numbered(page: Page, right: float) -> None:
    """Type a wrong number, then the right one."""
    field = page.locator(".st-key-lesson").get_by_role("spinbutton")
    for answer, verdict in ((-1.0, False), (right, True)):
        field.focus()
        page.keyboard.press("Control+a")
        page.keyboard.type(f"{answer:g}")
        assert check(page, f"{answer:g}") is verdict


def chosen(page: Page) -> None:
    """Choose one option after the other until a right and a wrong one have been told."""
    heard, radios = set(), page.locator(".st-key-lesson [data-testid=stForm]").get_by_role("radio")
    expect(radios.first).to_be_visible(timeout=PATIENCE)
    for k, option in enumerate(page.locator(".st-key-lesson [data-testid=stForm] label:has([type=radio])").all()):
        radios.nth(k).focus()
        page.keyboard.press("Space")
        expect(radios.nth(k)).to_be_checked()
        heard.add(check(page, option.inner_text()))
        if len(heard) == 2:
            return
    raise AssertionError(f"only {heard} for every option")


def drawn(page: Page, asked: Prediction) -> None:
    """Move the marks by the arrow keys, and reveal."""
    marks = page.locator(".st-key-lesson").get_by_role("slider")
    expect(marks).to_have_count(asked.marks, timeout=PATIENCE)
    for k in range(asked.marks):
        marks.nth(k).focus()
        page.keyboard.press("ArrowUp" if asked.kind == "curve" else "ArrowRight")
    press(page, "Reveal")
    expect(said(page)).to_contain_text(re.compile(r"Your (marks|curve)|You marked"), timeout=PATIENCE)


def take(page: Page, step: Step) -> None:
    """Do what a step asks."""
    if isinstance(step.ask, Question):
        numbered(page, NUMBERS[step.title]) if step.title in NUMBERS else chosen(page)
    elif isinstance(step.ask, Prediction):
        drawn(page, step.ask)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_walked_by_keyboard_alone(visits: Callable[..., Visit], server: str, name: str) -> None:
    visit, one = visits(reduced_motion="reduce"), LESSONS[name]
    page = visit.page
    page.add_init_script(PLAIN)
    page.goto(f"{server}/learn")
    start = page.get_by_role("button", name=re.compile(re.escape(one.title) + "$")).last
    start.focus()
    page.keyboard.press("Enter")
    for number, step in enumerate(one.steps, start=1):
        expect(page).to_have_url(re.compile(rf"/{step.scene.page}\?.*lesson={name}\.{number}$"), timeout=PATIENCE)
        expect(page.locator(".st-key-lesson_ways")).to_contain_text(f"step {number} of {len(one.steps)}")
        page.wait_for_selector(READY, timeout=PATIENCE)  # what the last step asked is gone
        take(page, step)
        press(page, "Finish" if number == len(one.steps) else "Next")
    expect(page).to_have_url(re.compile(rf"/learn\?done={name}\.{len(one.steps)}"), timeout=PATIENCE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_and_the_bar_can_be_read_and_reached(
    visits: Callable[..., Visit], server: str, scheme: str
) -> None:
    visit = visits(scheme=scheme)
    question = ".st-key-lesson_ask [data-testid=stForm]"
    for address, drawn in (("learn", ".st-key-door_use"), ("?lesson=why-stop.3", question)):
        visit.page.goto(f"{server}/{address}")
        expect(visit.page.locator(drawn).first).to_be_visible(timeout=PATIENCE)
        visit.idle()
        assert faults(visit.page) == []
        assert violations(visit.page) == []
        assert visit.page.locator("[data-testid=stMain]").evaluate("main => main.scrollWidth <= main.clientWidth")
