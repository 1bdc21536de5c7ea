"""What a person chooses while the widget is being given another value holds, in a real Chromium."""

import re
from dataclasses import dataclass, field

import pytest
from chromium import READY, required
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

pytestmark = pytest.mark.browser
required()


@dataclass
class Line:
    """The messages from the server to a page, which can be kept back for a while."""

    kept: list[tuple[WebSocketRoute, str | bytes]] = field(default_factory=list)
    shut: bool = False

    def between(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        browser.on_message(server.send)
        server.on_message(lambda said: self.kept.append((browser, said)) if self.shut else browser.send(said))

    def let_go(self) -> None:
        self.shut = False
        while self.kept:
            browser, said = self.kept.pop(0)
            browser.send(said)


def steps(page: Page) -> Locator:
    return page.locator(".st-key-steps input[type=range]")


def test_what_is_chosen_before_the_news_of_another_value_has_come_is_kept(page: Page, server: str) -> None:
    line = Line()
    page.route_web_socket(re.compile("_stcore/stream"), line.between)
    page.goto(f"{server}/beat_ays?data=ring-8&steps=4")
    page.wait_for_selector(READY)
    expect(steps(page)).to_have_value("4")
    line.shut = True
    page.get_by_role("button", name="Add").click()  # gives the slider a 5
    while not line.kept:
        page.wait_for_timeout(100)
    page.wait_for_timeout(1000)
    steps(page).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(steps(page)).to_have_value("7")
    page.wait_for_timeout(1000)
    line.let_go()
    expect(page).to_have_url(re.compile("steps=7"))
    page.wait_for_selector(READY)
    expect(steps(page)).to_have_value("7")
    page.get_by_role("button", name="New noise").click()  # the browser says what it shows
    expect(page).to_have_url(re.compile("seed=1"))
    expect(page).to_have_url(re.compile("steps=7"))
