"""Two replicas behind one address: a browser stays with one, and finds its page again on the other when that dies."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from chromium import READY, ROOT, required, started
from playwright.sync_api import Browser, expect
from proxy import Proxy, rule

pytestmark = pytest.mark.browser
required()
SETTINGS = "data=ring-8&width=32&depth=2&length=500"


def test_the_example_names_two_replicas_and_the_cookie_that_a_browser_stays_by() -> None:
    servers, cookie = rule(ROOT / "deploy" / "nginx-replicas.conf")
    assert (len(set(servers)), cookie) == (2, "route")


def test_a_session_stays_on_its_replica_and_finds_its_settings_and_what_it_kept_on_the_other_when_that_dies(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AYS_SHARED", "1")  # as replicas are: strangers share them
    page = browser.new_page()  # not a visit that nothing may go wrong on: a replica is killed
    page.set_default_timeout(60_000)
    cookie = rule(ROOT / "deploy" / "nginx-replicas.conf")[1]
    with ExitStack() as running:
        both = [running.enter_context(started(tmp_path)) for _ in range(2)]
        processes = {url.removeprefix("http://"): process for process, url in both}
        proxy = running.enter_context(Proxy(list(processes), cookie))
        page.goto(f"{proxy.url}/train?{SETTINGS}")
        layers = page.get_by_role("spinbutton", name="Layers")
        expect(layers).to_have_value("2", timeout=60_000)
        layers.fill("3")
        layers.press("Enter")
        expect(page).to_have_url(re.compile("(?!.*depth=2)width=32|width=32(?!.*depth=2)"))
        (mine,) = proxy.used
        page.reload()
        expect(layers).to_have_value("3", timeout=60_000)
        page.wait_for_selector(READY)
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text("done after")).to_be_visible(timeout=180_000)
        nickname = page.get_by_role("textbox", name="Your nickname")
        nickname.fill("Ada")
        nickname.press("Enter")
        expect(page).to_have_url(re.compile("nickname=ada"))
        page.get_by_label("Keep this model as").fill("net")
        page.get_by_label("Keep this model as").press("Enter")
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.get_by_role("button", name="Optimize its schedule")).to_be_enabled()
        assert proxy.used == {mine}, "every request and every session of a browser go to one replica"
        processes[mine].kill()
        processes[mine].wait(timeout=20)
        page.reload()
        expect(layers).to_have_value("3", timeout=60_000)
        expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("0")
        page.get_by_role("link", name="Explore", exact=True).click()
        page.wait_for_selector(READY)
        page.get_by_role("combobox", name="Model").click()
        page.get_by_role("option", name="ada/net (your model)").click()
        expect(page).to_have_url(re.compile("model=saved.*ada.*net"))
        expect(page.locator(".st-key-panels .annotation-text").nth(1)).to_contain_text("NLL", timeout=90_000)
        assert proxy.used == set(processes)
    page.close()
