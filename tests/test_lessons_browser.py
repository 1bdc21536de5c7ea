"""Every lesson walked in a real Chromium by keyboard alone: each question answered wrong and right, each drawn."""

import re
from collections.abc import Callable

import pytest
from chromium import READY, Visit, required
from playwright.sync_api import Locator, Page, expect

from ays_toy.lessons import LESSONS
from ays_toy.lessons.lesson import Prediction, Question, Step

pytestmark = pytest.mark.browser
required()

PATIENCE = 60_000  # milliseconds
MOMENT = 150  # milliseconds, after which a page that was asked for something says that it is at it


def said(page: Page) -> Locator:
    return page.locator(".st-key-lesson_said")


def press(page: Page, name: str) -> None:
    """Press a button of the bar with the Enter key."""
    button = page.locator(".st-key-lesson").get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled(timeout=PATIENCE)
    button.focus()
    page.keyboard.press("Enter")


def choose(page: Page, number: int) -> None:
    """Choose an option by the arrow keys, from the first."""
    radios = page.locator(".st-key-lesson").get_by_role("radio")
    radios.first.focus()
    page.keyboard.press("Space")
    for _ in range(number):
        page.keyboard.press("ArrowRight")
    expect(radios.nth(number)).to_be_checked()


def answered(page: Page) -> set[str]:
    """Answer until both a right and a wrong answer have been heard, or no more can be -> what was heard."""
    heard = set()
    options = page.locator(".st-key-lesson").get_by_role("radio")
    number = page.locator(".st-key-lesson").get_by_role("spinbutton")
    expect(options.or_(number).first).to_be_visible(timeout=PATIENCE)
    if not options.count():
        number.focus()
        page.keyboard.type("-1")
        page.keyboard.press("Enter")
        expect(said(page)).to_contain_text("Not quite", timeout=PATIENCE)
        return {"Not quite", "Right"}  # which number is right, `test_lessons.py` asks
    for k in range(options.count()):
        choose(page, k)
        press(page, "Check")
        page.wait_for_timeout(MOMENT)
        page.wait_for_selector(READY, timeout=PATIENCE)
        expect(said(page)).to_contain_text(re.compile(r"Right|Not quite"), timeout=PATIENCE)
        heard.add("Right" if "Right." in said(page).inner_text() else "Not quite")
        if len(heard) == 2:
            break
    return heard


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
        assert answered(page) == {"Right", "Not quite"}
    elif isinstance(step.ask, Prediction):
        drawn(page, step.ask)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_walked_by_keyboard_alone(visits: Callable[..., Visit], server: str, name: str) -> None:
    visit, one = visits(reduced_motion="reduce"), LESSONS[name]
    page = visit.page
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
