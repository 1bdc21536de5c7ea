"""A schedule brought into pages in a real browser: what a paste and a file do, and what a bad paste leaves alone."""

import re
from collections.abc import Callable

import chromium
import pytest
from playwright.sync_api import expect

chromium.required()
pytestmark = pytest.mark.browser


def test_a_list_is_pasted_corrected_taken_from_a_file_and_taken_away(visits: Callable, server: str) -> None:
    visit = visits(width=1280, height=720)
    page = visit.page
    page.goto(f"{server}/?data=gaussian&steps=3")
    visit.idle()
    page.get_by_role("button", name="Bring a schedule").click()
    text = page.get_by_role("textbox", name="Paste noise levels")
    bring = page.get_by_role("button", name="Bring it")
    text.fill("999, 500, 0")
    bring.click()
    expect(page.get_by_role("alert")).to_contain_text("These look like timesteps")
    expect(text).to_have_value("999, 500, 0")
    assert "yours" not in page.url
    text.fill("80, 5, 0.5, 0")
    bring.click()
    expect(page.get_by_text("4 levels for 3 steps, from 80 to 0.002")).to_be_visible()
    visit.idle()
    expect(page).to_have_url(re.compile("yours=80%2C5%2C0.5%2C0"))
    text.fill("")
    content = b"\xef\xbb\xbflevel;sigma\n0;80\n1;4,5\n2;0,3\n3;0,05\n4;0,002\n"
    page.locator("input[type=file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_text("a.csv")).to_be_visible()
    bring.click()
    expect(page.get_by_text("5 levels for 4 steps")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Set Steps to 4").click()
    visit.idle()
    expect(page).to_have_url(re.compile("steps=4"))
    expect(page.get_by_role("button", name="Set Steps to 4")).to_have_count(0)
    page.get_by_role("button", name="Bring a schedule").click()
    page.get_by_role("button", name="Take Yours away").click()
    visit.idle()
    expect(page).not_to_have_url(re.compile("yours"))
