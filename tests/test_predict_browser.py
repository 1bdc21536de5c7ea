"""Predictions in a real Chromium: drawn by finger, mouse and keys, revealed, and as far off as counted by hand."""

import re
from collections.abc import Callable, Iterator
from math import log10, sqrt
from pathlib import Path

import pytest
from chromium import Visit, required, serving, swiped
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
required()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("home"), str(Path("tests") / "predict_app.py")) as url:
        yield url


def marks(box: Locator) -> list[float]:
    return [float(one.get_attribute("aria-valuenow")) for one in box.get_by_role("slider").all()]


def center(mark: Locator) -> tuple[float, float]:
    box = mark.locator(".dot").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def reveal(box: Locator) -> None:
    box.get_by_text("Reveal").click()
    expect(box.locator(".legend")).to_contain_text("Distance")


def by_finger(page: Page, box: Locator) -> None:
    """Push the first mark as far as it goes, which is up to the second; the second stays."""
    touch, before = page.context.new_cdp_session(page), marks(box)
    swiped(touch, *center(box.get_by_role("slider").nth(1)))
    assert marks(box) == before, "a finger that scrolls the page moves no mark"
    x, y = center(box.get_by_role("slider").first)
    for kind, dx in (("touchStart", 0), ("touchMove", 15), ("touchMove", 30), ("touchMove", 45)):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x + dx, "y": y}]})
    expect(box.get_by_role("slider").first).not_to_have_attribute("aria-valuenow", f"{before[0]:g}")
    assert "drawn:" not in box.inner_text(), "Python has not been told yet"
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(box.get_by_text("drawn:")).to_be_visible()
    after = marks(box)
    assert after[0] < before[0]
    assert after[1:] == before[1:]


def by_mouse(page: Page, box: Locator) -> None:
    """A stroke from the first point to the last sets all between, which no event has stopped at."""
    points = box.get_by_role("slider")
    (x0, y0), (x1, _) = center(points.first), center(points.last)
    page.mouse.move(x0, y0 - 60)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, y0 - 60, steps=1)
    page.mouse.move(x1, y0 + 40, steps=1)
    page.mouse.up()
    expect(box.get_by_text("drawn:")).to_be_visible()
    first, second, third, fourth, last = marks(box)
    assert first == second == third > fourth > last
    assert fourth == pytest.approx(sqrt(third * last), rel=0.02), "straight on a log axis"


def by_keys(page: Page, box: Locator) -> None:
    """One sweep a stride, and no farther than the axis."""
    mark = box.get_by_role("slider")
    expect(mark).to_have_attribute("aria-valuetext", "sweep 10, not placed yet")
    mark.focus()
    for key, there in (("ArrowRight", 11), ("End", 20), ("ArrowRight", 20), ("Home", 0), ("PageUp", 5), ("ArrowUp", 6)):
        page.keyboard.press(key)
        expect(mark).to_have_attribute("aria-valuetext", f"sweep {there}")
    expect(box.get_by_text("drawn: 6")).to_be_visible()


DRAWN: dict[str, tuple[Callable[[Page, Locator], None], list[float]]] = {
    "levels": (by_finger, [10.0, 1.0, 0.1]),
    "curve": (by_mouse, [300.0, 100.0, 50.0, 30.0, 20.0]),
    "stop": (by_keys, [5.0]),
}


def test_finger_mouse_and_keys_draw_and_the_distance_is_that_counted_by_hand(
    visits: Callable[..., Visit], address: str
) -> None:
    page = visits(width=1024, height=1100, has_touch=True).page
    page.goto(address)
    expect(page.get_by_role("slider").first).to_be_visible(timeout=60_000)
    expect(page.locator(".true path.mark")).to_have_count(0)
    for name, (draw, truth) in DRAWN.items():
        box = page.locator(f".st-key-box_{name}")
        expect(box.get_by_role("switch", name="Reveal")).to_be_disabled()
        draw(page, box)
        drawn = marks(box)
        reveal(box)
        assert marks(box) == drawn
        expect(box.locator(".true path.mark")).to_have_count(len(truth))
        if name == "stop":
            expect(box.locator(".legend b")).to_have_text("Distance: 1 sweep")
        else:
            off = sqrt(sum(log10(one / other) ** 2 for one, other in zip(drawn, truth, strict=True)) / len(truth))
            expect(box.locator(".legend b")).to_have_text(re.compile(rf"^Distance: {off:.2f} decades"))
        (x, y), mark = center(box.get_by_role("slider").first), box.get_by_role("slider").first
        page.mouse.click(x + 60, y)  # what is revealed stays as it was drawn
        assert mark.get_attribute("tabindex") == "-1"
        assert marks(box) == drawn
