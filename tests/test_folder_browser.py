"""The app in a folder of its server's address, in a real Chromium: every link stays within it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import Visit, required, started
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
required()


def test_all_links_lead_into_the_folder_that_the_app_is_in(visits: Callable[..., Visit], tmp_path: Path) -> None:
    with started(tmp_path, folder="/ays") as (_, url):
        visit = visits()
        page = visit.page
        page.goto(f"{url}/")
        expect(page).to_have_url(re.compile(rf"{url}/learn"), timeout=60_000)
        page.get_by_role("link", name="Links for a class").click()
        expect(page).to_have_url(re.compile(rf"{url}/teach"))
        expect(page.get_by_role("link", name="/learn", exact=True).first).to_be_visible(timeout=60_000)
        visit.idle()
        links = page.locator("a[href]").evaluate_all("all => all.map((one) => one.href)")
        assert len([link for link in links if "?" in link]) > 12
        assert [link for link in links if not link.startswith(f"{url}/")] == []
        page.get_by_role("button", name="Class link").click()
        expect(page.get_by_role("dialog").locator("code")).to_have_text(f"{url}/teach")
        page.keyboard.press("Escape")
        page.goto(next(link for link in links if "/teach" not in link and "lesson=" in link))
        expect(page.locator(".st-key-lesson")).to_be_visible(timeout=60_000)
        visit.unharmed()
