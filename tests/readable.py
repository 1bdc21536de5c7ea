"""What on a page cannot be read, named or reached, as readable.js finds it in the browser."""

from pathlib import Path

from playwright.sync_api import Page

READABLE = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def faults(page: Page) -> list[str]:
    """All of it, once what fades in or out has done so."""
    for _ in range(10):
        if not (found := page.evaluate(READABLE)):
            break
        page.wait_for_timeout(200)
    return list(found)
