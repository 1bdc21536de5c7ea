"""Measurements in a headless Chromium, each on a page of its own, with what they were made on."""

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Page

from tests.chromium import chromium, serving

T = TypeVar("T")
WIDTH, HEIGHT = 1440, 900  # pixels of the window


def each(names: Iterable[str], url: str, measure: Callable[[Page, str, str], T]) -> tuple[list[T], str]:
    """What `measure(page, address, name)` gives for every name, and in words what it was measured with.

    The server at `url` is asked, or one that is started for this.
    """
    with tempfile.TemporaryDirectory() as home:
        server: Any = nullcontext(url) if url else serving(Path(home))
        with server as address, chromium() as browser:
            where = machine()
            rows = []
            for name in names:
                page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
                page.set_default_timeout(120_000)
                rows.append(measure(page, address, name))
                page.close()
            return rows, f"Chromium {browser.version} without a screen, {where}"


def keep(out: Path | None, where: str, what: str, rows: Iterable[Any]) -> None:
    """Write rows, each a dataclass, with what they were measured with as JSON, where a file is named."""
    if out:
        figures = {"machine": where, what: [asdict(row) for row in rows]}
        out.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")


def machine() -> str:
    """The window, the machine, and how busy that is besides, where it can tell: pages are late where others work."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{WIDTH} × {HEIGHT}, {os.cpu_count()} cores{load}"
