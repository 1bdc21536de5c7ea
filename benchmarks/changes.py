"""Seconds from a choice on Explore to pictures of it: `python -m benchmarks.changes [CHANGE …] [--url URL]`.

A change is made in a headless Chromium as a person makes it, and clocked within the page from the click on: until the
first pictures of what was chosen are all there, drawn by the browser, and until Python's figure with its metrics has
come. Every change is made on a page that has come to rest; its data have not been looked at before.
Needs Playwright, from requirements-dev.txt.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import Locator, Page
from rich.console import Console
from rich.table import Column, Table

from ays_toy.checks import lookup
from benchmarks.browsing import each, keep
from tests.chromium import READY

TARGET = 0.3  # seconds until the first pictures
CLOCK = """() => {
  const images = () =>
    [...document.querySelectorAll(".st-key-panels .heatmaplayer image")].map((one) => one.href.baseVal);
  const before = images(), clock = window.changeClock = { first: null, figure: null };
  const roots = () => [...document.querySelectorAll(".st-key-following *")].map((one) => one.shadowRoot);
  const row = () => roots().map((one) => one?.querySelector(".live-row"));
  const there = (one) => one.dataset.points || one.ariaLabel.endsWith("searching …");
  const drawn = (one) => one?.checkVisibility() && [...one.querySelectorAll("canvas")].every(there);
  const look = (now) => {
    const shown = images(), other = shown.length > 1 && shown.join() !== before.join();
    if (row().some(drawn)) clock.first ??= now - clock.began;
    if (other) clock.figure ??= now - clock.began;
    if (other && shown.length) clock.first ??= clock.figure;
    if (clock.figure === null) requestAnimationFrame(look);
  };
  const begin = () => {
    clock.began = performance.now();
    requestAnimationFrame(look);
  };
  addEventListener("click", begin, { capture: true, once: true });
}"""


@dataclass(frozen=True)
class Change:
    """What is chosen: the page's address, how everything is made ready for the last click, and what that is on."""

    about: str
    address: str
    open: Callable[[Page], None]
    last: Callable[[Page], Locator]


@dataclass(frozen=True)
class Took:
    """What came of it, in seconds."""

    change: str
    about: str
    first: float
    figure: float


def _chosen(label: str) -> Callable[[Page], None]:
    def open_list(page: Page) -> None:
        page.get_by_role("combobox", name=label).click()
        page.wait_for_selector("[role=option]")

    return open_list


def _from_list(label: str, option: str, about: str, address: str) -> Change:
    return Change(
        f"{label}, {about}", address, _chosen(label), lambda page: page.get_by_role("option", name=option, exact=True)
    )


CHANGES = {
    "data": _from_list("Data", "Ring of 8", "to 8 components", "?data=grid-4x4"),
    "curve": _from_list("Data", "Two spirals", "to 316 components", "?data=grid-4x4"),
    "model": _from_list("Model", "Trained MLP", "to a network of 3 × 128", "?data=grid-8x8"),
    "solver": _from_list("Solver", "DPM-Solver++(2M)", "to an ODE's", "?data=grid-8x8"),
    "schedules": _from_list("Schedules side by side", "Cosine", "one more", "?data=grid-8x8&shown=edm,ays"),
    "noise": Change(
        "New noise", "?data=grid-8x8", Page.bring_to_front, lambda page: page.get_by_role("button", name="New noise")
    ),
}


def measure(page: Page, url: str, name: str) -> Took:
    """Open the page, make the change of that name, and read the clock; ValueError where there is none."""
    change = lookup(CHANGES, name, "change")
    page.goto(f"{url}/{change.address}")
    page.wait_for_selector(".st-key-panels .heatmaplayer image")
    page.wait_for_selector(READY)
    page.wait_for_timeout(3000)
    page.wait_for_selector(READY)
    change.open(page)
    page.wait_for_timeout(500)
    page.evaluate(CLOCK)
    change.last(page).click()
    page.wait_for_function("() => window.changeClock.figure !== null")
    clock = page.evaluate("() => window.changeClock")
    return Took(name, change.about, clock["first"] / 1000, clock["figure"] / 1000)


def _table(rows: list[Took], title: str) -> Table:
    table = Table(Column("change", no_wrap=True), "about", "first pictures, s", "figure, s", title=title)
    for row in rows:
        mark = "" if row.first <= TARGET else f"  above {TARGET:g}"
        table.add_row(row.change, row.about, f"{row.first:.2f}{mark}", f"{row.figure:.2f}")
    return table


def main(
    changes: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(CHANGES)}; all, if none.")] = None,
    url: Annotated[str, typer.Option(help="A server that runs already; otherwise one is started.")] = "",
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
) -> None:
    """Measure how soon pages answer a choice, and print a table."""
    chosen = changes or list(CHANGES)
    for name in chosen:
        lookup(CHANGES, name, "change")
    rows, where = each(chosen, url, measure)
    Console().print(_table(rows, where))
    keep(out, where, "changes", rows)


if __name__ == "__main__":
    typer.run(main)
