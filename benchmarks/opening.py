"""Seconds until a page that is opened shows anything: `python -m benchmarks.opening [PAGE …] [--times N]`.

Explore and its like are opened in a headless Chromium three times each: on a new server by a new browser, there by
another new one, and once more by the same, which has read and compiled everything before. Clocked within the page from
the beginning of its loading: until its heading, until its pictures can be seen, and until Plotly's figure of them.
Needs Playwright, from requirements-dev.txt.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from ays_toy.checks import lookup
from benchmarks.browsing import HEIGHT, WIDTH, keep, machine
from tests.chromium import READY, chromium, serving

TARGET = 3.0  # seconds until the pictures
PAGES = ("explore", "optimize", "beat_ays")  # those that open on a row of pictures
HOW = ("new server, new browser", "new browser", "opened before")
CLOCK = """(() => {
  const clock = window.openingClock = { heading: null, pictures: null, figure: null };
  const loaded = (one) => one.complete && one.checkVisibility();
  const look = () => {
    const now = performance.now() / 1000, before = [...document.querySelectorAll(".before img")];
    const drawn = document.querySelectorAll(".st-key-panels .heatmaplayer image").length > 1;
    if (document.querySelector("[data-testid=stMain] h3")) clock.heading ??= now;
    if (drawn || (before.length && before.every(loaded))) clock.pictures ??= now;
    if (drawn) clock.figure ??= now;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""


@dataclass(frozen=True)
class Opened:
    """One page that was opened, in seconds."""

    page: str
    how: str
    heading: float
    pictures: float
    figure: float


def opened(page: Page, url: str, name: str, how: str) -> Opened:
    """Open a page and wait until it has come to rest."""
    page.goto(f"{url}/{name}")
    page.wait_for_function("() => window.openingClock?.figure")
    page.wait_for_selector(READY)
    return Opened(name, how, **page.evaluate("() => window.openingClock"))


def _window(browser: Browser) -> Page:
    """A window of a browser that knows nothing yet."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(120_000)
    context.add_init_script(CLOCK)
    return context.new_page()


def measure(name: str) -> Iterator[Opened]:
    """A page in all three ways, on a server and in a browser of its own."""
    with tempfile.TemporaryDirectory() as home, chromium() as browser, serving(Path(home)) as url:
        for how in HOW[:2]:
            page = _window(browser)
            yield opened(page, url, name, how)
        yield opened(page, url, name, HOW[2])


def _table(rows: list[Opened], title: str) -> Table:
    """Medians over the times that each page was opened."""
    table = Table("page", Column("opened", no_wrap=True), "heading, s", "pictures, s", "figure, s", title=title)
    for name, how in dict.fromkeys((row.page, row.how) for row in rows):
        same = [row for row in rows if (row.page, row.how) == (name, how)]
        heading, pictures, figure = (median(getattr(row, what) for row in same) for what in list(asdict(same[0]))[2:])
        mark = "" if pictures <= TARGET else f"  above {TARGET:g}"
        table.add_row(name, how, f"{heading:.1f}", f"{pictures:.1f}{mark}", f"{figure:.1f}")
    return table


def main(
    pages: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(PAGES)}; the first, if none.")] = None,
    times: Annotated[int, typer.Option(help="How often; medians are shown.", min=1)] = 3,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
) -> None:
    """Measure how soon pages show anything, and print a table."""
    chosen = pages or [PAGES[0]]
    for name in chosen:
        lookup(dict.fromkeys(PAGES, True), name, "page")
    where = machine()
    rows = [row for name in track(chosen * times, description="opening") for row in measure(name)]
    Console().print(_table(rows, where))
    keep(out, where, "openings", rows)


if __name__ == "__main__":
    typer.run(main)
