"""The README's pictures, from the app as it is: `python -m benchmarks.pictures [--folder DIR] [--url URL]`.

Writes docs/explore.png: the Explore page as it opens, in a headless Chromium. Needs Playwright, from
requirements-dev.txt. To be run again, and the picture looked at, whenever the page looks otherwise.
"""

import io
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image
from playwright.sync_api import Browser, Page
from rich.console import Console

from tests.chromium import READY, chromium, serving

FOLDER = Path(__file__).parent.parent / "docs"
PICTURES = {
    "explore.png": ("/explore", ".stPlotlyChart .main-svg", "[data-testid=data-grid-canvas]")
}  # page, what must be on it
WIDTH, HEIGHT = 1440, 900
SECONDS = 120.0  # for a page to come to rest
BETWEEN = 700  # milliseconds in which a page that is done does not change


def still(page: Page) -> bytes:
    """The window as a PNG, once the page has run and looks the same twice in a row."""
    end, before = time.monotonic() + SECONDS, b""
    while time.monotonic() < end:
        page.wait_for_selector(READY)
        now = page.screenshot()
        if now == before:
            return now
        before = now
        page.wait_for_timeout(BETWEEN)
    raise ValueError(f"The page at {page.url} does not come to rest within {SECONDS:.0f} seconds: try a quiet machine.")


def take(browser: Browser, url: str, name: str) -> Image.Image:
    """One of the pictures, from the server at that address."""
    path, *seen = PICTURES[name]
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    page.set_default_timeout(1000 * SECONDS)
    try:
        page.goto(url + path)
        for selector in seen:
            page.wait_for_selector(selector)
        return Image.open(io.BytesIO(still(page))).convert("RGB")
    finally:
        page.close()


def main(
    folder: Annotated[Path, typer.Option(help="Where to write them.")] = FOLDER,
    url: Annotated[str, typer.Option(help="A server that runs already; otherwise one is started.")] = "",
) -> None:
    """Take the pictures, and say where they are."""
    with tempfile.TemporaryDirectory() as home:
        server: Any = nullcontext(url.rstrip("/")) if url else serving(Path(home))
        with server as address, chromium() as browser:
            for name in PICTURES:
                take(browser, address, name).save(folder / name, optimize=True)
                Console().print(f"{folder / name}: {WIDTH} × {HEIGHT}")


if __name__ == "__main__":
    typer.run(main)
