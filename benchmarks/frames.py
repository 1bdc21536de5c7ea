"""Frames a second of what moves in the browser: `python -m benchmarks.frames [SCENE …] [--url URL] [--json FILE]`.

Every scene is a page of the app in a headless Chromium, and something that moves on it. While it moves, the browser's
own clock of frames (requestAnimationFrame) is read: a frame comes when the one before has been computed and drawn, so
the intervals say what a person sees. Painted are the pictures that the component itself counts, where it does, and
points those that the last of them was made of.
Needs Playwright, from requirements-dev.txt. On a machine without a graphics card Chromium draws on the processor.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Column, Table

from ays_toy.checks import lookup
from benchmarks.browsing import each, keep
from tests.chromium import READY

WARM, SECONDS, TARGET = 1.0, 5.0, 30.0  # seconds before the clock is read, and while it is; frames a second
CLOCK = """() => {
  const times = window.frameTimes = [];
  const tick = (now) => { if (window.frameTimes === times) { times.push(now); requestAnimationFrame(tick); } };
  requestAnimationFrame(tick);
}"""
SWAY = """(svg, [x, y, reach, lasting]) => new Promise((resolve) => {
  const began = performance.now(), pointer = { pointerId: 1, pointerType: "mouse", clientY: y, bubbles: true };
  const step = (now) => {
    const clientX = x + reach * Math.sin((now - began) / 150);
    svg.dispatchEvent(new PointerEvent("pointermove", { ...pointer, clientX }));
    if (now - began < lasting) requestAnimationFrame(step); else resolve();
  };
  requestAnimationFrame(step);
})"""  # within the page: what drives the browser from outside is too slow for a mouse
SLIDE = """(thumb, lasting) => new Promise((resolve) => {
  const began = performance.now(), track = thumb.parentElement.parentElement.parentElement.getBoundingClientRect();
  const pointer = { pointerId: 1, pointerType: "mouse", clientY: track.y + track.height / 2, bubbles: true };
  const step = (now) => {
    const share = 0.15 + 0.1 * Math.sin((now - began) / 70);  // about thirty other settings a second
    window.dispatchEvent(new PointerEvent("pointermove", { ...pointer, clientX: track.x + share * track.width }));
    if (now - began < lasting) requestAnimationFrame(step); else resolve();
  };
  requestAnimationFrame(step);
})"""
SCRUB = """(bar, lasting) => new Promise((resolve) => {
  const began = performance.now();
  const step = (now) => {
    bar.value = bar.max * (0.5 + 0.5 * Math.sin((now - began) / 500));
    bar.dispatchEvent(new Event("input", { bubbles: true }));
    if (now - began < lasting) requestAnimationFrame(step); else resolve();
  };
  requestAnimationFrame(step);
})"""
DRAW = """(paper, lasting) => new Promise((resolve) => {
  const began = performance.now(), { x, y, width } = paper.getBoundingClientRect();
  paper.setPointerCapture = () => {};
  const send = (kind, now) => {
    const [turn, radius] = [(now - began) / 400, (0.2 + 0.15 * Math.sin((now - began) / 1700)) * width];
    const clientX = x + width / 2 + radius * Math.cos(turn), clientY = y + width / 2 + radius * Math.sin(turn);
    const pointer = { pointerId: 1, pointerType: "mouse", button: 0, bubbles: true, clientX, clientY };
    paper.dispatchEvent(new PointerEvent(kind, pointer));
  };
  send("pointerdown", began);
  const step = (now) => {
    send("pointermove", now);
    if (now - began < lasting) requestAnimationFrame(step); else resolve();
  };
  requestAnimationFrame(step);
})"""
STEPS = ".st-key-steps input[type=range]"
READ = "() => { const times = window.frameTimes; window.frameTimes = null; return times; }"


@dataclass(frozen=True)
class Scene:
    """What is measured: the page's address, how to bring it about, how to keep it moving for some seconds.

    `painted` selects the elements whose data-painted counts the component's own pictures, and whose data-points may say
    of how many points the last one was made; empty where none does. Of several, the one that comes least often counts.
    """

    about: str
    address: str
    prepare: Callable[[Page], None]
    move: Callable[[Page, float], None]
    painted: str = ""


@dataclass(frozen=True)
class Frames:
    """What came of it; intervals between frames in milliseconds."""

    scene: str
    about: str
    seconds: float
    frames_a_second: float
    painted_a_second: float | None
    points: int | None
    median_interval: float
    p95_interval: float
    longest_interval: float


def _played(page: Page) -> None:
    page.wait_for_selector(".flow canvas")
    page.wait_for_selector(READY)
    page.get_by_role("combobox", name="Speed").select_option("0.25")  # so that it does not end while it is measured


def _play(page: Page, seconds: float) -> None:
    if page.get_by_role("button", name="Play", exact=True).count():
        page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(1000 * seconds)


def _flow(about: str, query: str) -> Scene:
    shown = "shown=edm,time-uniform,logsnr,klub-optimum"
    return Scene(about, f"trajectories?{shown}&{query}", _played, _play, ".flow.player")


def _at_rest(page: Page, drawn: str) -> None:
    """Wait until what the selector finds is drawn, and the page has come to rest."""
    page.wait_for_selector(drawn)
    page.wait_for_selector(READY)
    page.wait_for_timeout(1000)


def _dot(page: Page, level: str) -> tuple[float, float]:
    box = page.get_by_role("slider", name=f"Noise level {level}").locator(".dot").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _dragged(about: str, query: str, level: str, reach: float, painted: str = "") -> Scene:
    """Take hold of one level of Beat AYS and move it to and fro, a small step in every frame as a mouse does."""

    def grab(page: Page) -> None:
        page.get_by_role("slider", name=f"Noise level {level}").wait_for()
        _at_rest(page, ".st-key-panels_box5 .heatmaplayer image")
        page.mouse.move(*_dot(page, level))
        page.mouse.down()

    def drag(page: Page, seconds: float) -> None:
        x, y = _dot(page, level)
        page.locator(".board svg").evaluate(SWAY, [x, y, reach, 1000 * seconds])

    return Scene(about, f"beat_ays?{query}", grab, drag, painted)


def _sampled(about: str, query: str) -> Scene:
    return _dragged(f"Beat AYS, {about}, level 4 of 8 dragged", f"steps=8&{query}", "4 of 8", 40, ".live canvas")


def _slid(about: str, query: str) -> Scene:
    """Take hold of Explore's slider of steps and move it to and fro, from 4 steps to 11."""

    def grab(page: Page) -> None:
        page.wait_for_selector(".st-key-panels_box52 .heatmaplayer image")
        _steps(page)

    return Scene(f"Explore, {about}, Steps dragged", query, grab, _slide, ".live canvas >> nth=0")


def _steps(page: Page) -> None:
    """Take hold of the slider of steps."""
    _at_rest(page, READY)
    box = page.locator(STEPS).locator("xpath=../..").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


def _slide(page: Page, seconds: float) -> None:
    page.locator(STEPS).evaluate(SLIDE, 1000 * seconds)


def _carried(about: str, query: str) -> Scene:
    """Take hold of Trajectories' slider of steps and move it to and fro, from 4 steps to 11."""

    def grab(page: Page) -> None:
        page.wait_for_selector(".flow canvas")
        if page.get_by_role("button", name="Pause", exact=True).count():
            page.get_by_role("button", name="Pause", exact=True).click()
        _steps(page)

    shown = "shown=edm,time-uniform,logsnr,klub-optimum"
    return Scene(f"Trajectories, {about}, Steps dragged", f"trajectories?{shown}&{query}", grab, _slide, ".flow.player")


def _scrubbed(about: str, query: str) -> Scene:
    """Move the bar of Optimize's sweeps to and fro."""

    def ready(page: Page) -> None:
        _at_rest(page, ".st-key-panels_box5 .heatmaplayer image")

    def scrub(page: Page, seconds: float) -> None:
        page.get_by_role("slider", name="sweep").evaluate(SCRUB, 1000 * seconds)

    return Scene(f"Optimize, {about}, sweeps scrubbed", f"optimize?{query}", ready, scrub, ".live canvas")


def _drawn(about: str, query: str) -> Scene:
    """Draw on the pad of Your data, round and round: more than a person does in one stroke."""

    def ready(page: Page) -> None:
        _at_rest(page, ".st-key-panels .annotation-text")

    def draw(page: Page, seconds: float) -> None:
        page.locator("canvas.paper").evaluate(DRAW, 1000 * seconds)

    return Scene(f"Your data, {about}, drawn on", f"data?{query}", ready, draw, ".live canvas")


SCENES = {
    "flow": _flow("Trajectories, 4 × 1,000 particles", "follow=0"),
    "flow-followed": _flow(
        "Trajectories, 4 × 1,000 particles, one path followed with its targets", "follow=508&targets=True"
    ),
    "rail": _dragged("Beat AYS, one of 40 steps' levels dragged", "steps=40", "20 of 40", 12),
    "live-grid": _sampled("64 components", "data=grid-8x8"),
    "live-spirals": _sampled("316 components", "data=spirals"),
    "live-network": _sampled("a network of 3 × 128", "data=grid-8x8&model=mlp"),
    "follow-grid": _slid("four pictures of 64 components", "?data=grid-8x8"),
    "follow-spirals": _slid("four pictures of 316 components", "?data=spirals"),
    "follow-network": _slid("four pictures of a network of 3 × 128", "?data=grid-8x8&model=mlp"),
    "carried-grid": _carried("4 × 1,000 particles, 64 components", "data=grid-8x8"),
    "carried-spirals": _carried("4 × 1,000 particles, 316 components", "data=spirals"),
    "sweeps-grid": _scrubbed("64 components", "data=grid-8x8"),
    "drawn": _drawn("2,000 points", "steps=8"),
}


def measure(page: Page, url: str, name: str, seconds: float = SECONDS) -> Frames:
    """Open the scene of that name, let it move, and read the clock; ValueError where there is none."""
    scene = lookup(SCENES, name, "scene")

    def noted(what: str) -> list[int]:
        found = page.locator(scene.painted).all() if scene.painted else []
        return [int(one.get_attribute(f"data-{what}") or 0) for one in found] or [0]

    page.goto(f"{url}/{scene.address}")
    scene.prepare(page)
    scene.move(page, WARM)
    before = noted("painted")
    page.evaluate(CLOCK)
    scene.move(page, seconds)
    times = page.evaluate(READ)
    pictures = min(now - sooner for now, sooner in zip(noted("painted"), before, strict=True))
    points = min(noted("points")) or None
    intervals = sorted(later - sooner for sooner, later in pairwise(times))
    lasted = (times[-1] - times[0]) / 1000
    return Frames(
        name,
        scene.about,
        lasted,
        len(intervals) / lasted,
        pictures / lasted if scene.painted else None,
        points,
        statistics.median(intervals),
        intervals[int(0.95 * len(intervals))],
        intervals[-1],
    )


def _table(rows: list[Frames], title: str) -> Table:
    table = Table(
        Column("scene", no_wrap=True),
        "frames/s",
        "painted/s",
        "points",
        "median ms",
        "95 % ms",
        "longest ms",
        title=title,
    )
    for row in rows:
        own = "–" if row.painted_a_second is None else f"{row.painted_a_second:.1f}"
        intervals = (row.median_interval, row.p95_interval, row.longest_interval)
        mark = "" if row.frames_a_second >= TARGET else f"  below {TARGET:g}"
        points = f"{row.points:,}" if row.points else "–"
        table.add_row(
            row.scene, f"{row.frames_a_second:.1f}{mark}", own, points, *(f"{value:.1f}" for value in intervals)
        )
    return table


def main(
    scenes: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(SCENES)}; all, if none.")] = None,
    url: Annotated[str, typer.Option(help="A server that runs already; otherwise one is started.")] = "",
    seconds: Annotated[float, typer.Option(help="How long to measure each scene.", min=1.0)] = SECONDS,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
) -> None:
    """Measure how smoothly the pages move, and print a table."""
    chosen = scenes or list(SCENES)
    for name in chosen:
        lookup(SCENES, name, "scene")
    rows, where = each(chosen, url, partial(measure, seconds=seconds))
    Console().print(_table(rows, where))
    keep(out, where, "scenes", rows)


if __name__ == "__main__":
    typer.run(main)
