"""Every way from page to page in a real Chromium: whatever was chosen arrives, and is there again on return.

The link is the first thing that a session does. Streamlit once drew the widgets of the next page at their least values
then, and every deed before the link hid it.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from chromium import PATIENCE, PLAIN, READY, Visit, required, serving
from playwright.sync_api import Browser, Page, TimeoutError

from ays_toy.ui.front import TITLES

pytestmark = pytest.mark.browser
required()

Said = dict[str, Any]
MOMENT = 400  # milliseconds in which what would be lost is lost

PAGES = {  # each with its path, what its heading begins with, and the shared fields that it shows
    "Explore": ("/explore", "Same model", "data model solver steps sigma_max sigma_min"),
    "Your data": ("/data", "Your own data", "solver steps sigma_max sigma_min"),
    "Train": ("/train", "A small network", "data"),
    "Optimize": ("/optimize", "Align Your Steps", "data model solver steps sigma_max sigma_min metric power share"),
    "Trajectories": ("/trajectories", "The same noise", "data model solver steps sigma_max sigma_min"),
    "Beat AYS": ("/beat_ays", "Beat AYS", "data model solver steps sigma_max sigma_min metric"),
    "Images": ("/images", "Real images", "solver steps power share"),
}
DEFAULT = {
    "data": "Grid 8×8", "model": "Exact", "solver": "Stochastic-DDIM", "steps": "8", "sigma_max": "80",
    "sigma_min": "0.002", "metric": "Energy distance", "power": "2.0", "share": "100",
}  # fmt: skip
STEPS = {"Optimize": "10", "Beat AYS": "4"}  # where others are the default
# What a teacher shares, in the address and on the screen; two schedules are sooner drawn than four.
SHARED = {
    "data": "ring-8", "solver": "ddim", "steps": "12", "sigma_max": "40.0", "sigma_min": "0.005", "metric": "sliced-w2",
    "power": "1.5", "share": "50", "seed": "3", "shown": "edm,p-optimum",
}  # fmt: skip
SHOWN = DEFAULT | {
    "data": "Ring of 8", "solver": "DDIM", "steps": "12", "sigma_max": "40", "sigma_min": "0.005",
    "metric": "Sliced W2", "power": "1.5", "share": "50",
}  # fmt: skip
OWN = {  # fields that no other page has: in the address and on the screen
    "Explore": ({}, {}),
    "Your data": ({"way": "csv"}, {"way": "CSV"}),
    "Train": ({"width": "64", "depth": "2"}, {"width": "64", "depth": "2"}),
    "Optimize": ({"samples": "512", "start": "time-uniform"}, {"samples": "512", "start": "Time-uniform"}),
    "Trajectories": ({"align": "noise", "follow": "5"}, {"align": "By noise level"}),
    "Beat AYS": ({"weight": "1.5"}, {"weight": "1.5"}),
    "Images": ({"base": "edm", "format": "csv"}, {"base": "EDM", "format": "CSV"}),
}
READ = """(keys) => {
  const said = {};
  for (const key of keys) {
    const within = (what) => document.querySelector(`.st-key-${key} ${what}`);
    const range = within('input[type=range]'), chosen = within('[role=radio][aria-checked=true]');
    const value = range ? range.getAttribute('aria-valuetext') : chosen ? chosen.innerText : within('input')?.value;
    said[key] = value ?? null;
  }
  const heading = document.querySelector('[data-testid=stMain] h3')?.innerText ?? '';
  const troubles = document.querySelectorAll('[data-testid=stException]').length;
  return { heading, path: location.pathname, query: location.search.slice(1), widgets: said, troubles };
}"""


def shown_by(name: str, told: bool) -> list[str]:
    """The shared fields that the page shows; the p-optimum's weight wherever that is among the schedules shown."""
    more = ["power"] if told and name in ("Explore", "Trajectories") else []
    return [*PAGES[name][2].split(), *more]


def expected(name: str, address: Mapping[str, str], widgets: Mapping[str, str]) -> Said:
    path, heading, _ = PAGES[name]
    return {"heading": heading, "path": path, "query": dict(address), "widgets": dict(widgets), "troubles": 0}


def read(page: Page, meant: Said) -> Said:
    """What is on the screen and in the address."""
    said = page.evaluate(READ, list(meant["widgets"]))
    heading = meant["heading"] if said["heading"].startswith(meant["heading"]) else said["heading"]
    return {**said, "heading": heading, "query": dict(parse_qsl(said["query"]))}


def holds(page: Page, meant: Said) -> None:
    """Wait until the page has come to rest, and hold what it says against what is meant."""
    script = f"""([keys, heading, path]) => {{
      const said = ({READ})(keys), drawn = Object.values(said.widgets).every((text) => text !== null);
      return document.querySelector({READY!r}) && drawn && said.heading.startsWith(heading) && said.path === path;
    }}"""
    try:
        page.wait_for_function(script, arg=[list(meant["widgets"]), meant["heading"], meant["path"]], timeout=PATIENCE)
    except TimeoutError:
        assert read(page, meant) == meant
        raise
    assert read(page, meant) == meant


def all_hold(pages: Mapping[Page, Said]) -> None:
    """Hold every page against what is meant, at rest and a moment later."""
    for page, meant in pages.items():
        holds(page, meant)
    next(iter(pages)).wait_for_timeout(MOMENT)
    for page, meant in pages.items():
        holds(page, meant)


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def opening(name: str, told: bool) -> Said:
    """What a page is meant to say when it is opened, from the address that is shared or from none."""
    own, own_shown = OWN[name] if told else ({}, {})
    values = SHOWN if told else DEFAULT | {"steps": STEPS.get(name, "8")}
    return expected(
        name, (SHARED if told else {}) | own, {key: values[key] for key in shown_by(name, told)} | own_shown
    )


def arriving(name: str, start: str, told: bool) -> Said:
    """What a page is meant to say to somebody who comes from another."""
    if told:
        return expected(name, SHARED, {key: SHOWN[key] for key in shown_by(name, told)})
    default = STEPS.get(name, "8")
    steps = STEPS.get(start, "8") if "steps" in shown_by(start, told) else default
    values = DEFAULT | {"steps": steps}
    return expected(
        name, {} if steps == default else {"steps": steps}, {key: values[key] for key in shown_by(name, told)}
    )


@pytest.fixture(scope="module")
def tabs(browser: Browser) -> Iterator[list[Page]]:
    """Three, kept for all walks: an address that is opened in them begins a new session."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    context.add_init_script(PLAIN)
    yield [context.new_page() for _ in range(3)]
    context.close()


@pytest.mark.parametrize("start", PAGES)
def test_all_that_was_chosen_arrives_on_every_other_page_and_is_there_on_return(
    tabs: list[Page], server: str, start: str
) -> None:
    # Between every two pages there is a walk: from the shared address two times in three, else from the defaults.
    first, walks = list(PAGES).index(start), dict(zip((1, 2, 3), tabs, strict=True))
    here = {page: opening(start, told=way != 2) for way, page in walks.items()}
    names = {page: list(PAGES)[(first + way) % len(PAGES)] for way, page in walks.items()}
    there = {page: arriving(names[page], start, told=way != 2) for way, page in walks.items()}
    for page, said in here.items():
        page.goto(f"{server}{said['path']}?{urlencode(said['query'])}", wait_until="commit")
    all_hold(here)
    for page, name in names.items():
        follow(page, name)
    all_hold(there)
    for page in walks.values():
        page.go_back(wait_until="commit")
    all_hold(here)
    for page in walks.values():
        page.go_forward(wait_until="commit")
    all_hold(there)


def plain(visits: Callable[..., Visit]) -> Page:
    """A page of a browser of its own, without figures."""
    page = visits(reduced_motion="reduce").page
    page.add_init_script(PLAIN)
    return page


def test_a_reload_and_the_link_elsewhere_show_the_same(visits: Callable[..., Visit], server: str) -> None:
    meant = {}
    for name in PAGES:
        page, here = plain(visits), opening(name, told=True)
        page.goto(f"{server}{here['path']}?{urlencode(here['query'])}", wait_until="commit")
        meant[page] = here
    all_hold(meant)
    for page in meant:
        page.reload(wait_until="commit")
    all_hold(meant)
    elsewhere = {}
    for page, here in meant.items():
        other = plain(visits)
        other.goto(page.url, wait_until="commit")
        elsewhere[other] = here
    all_hold(elsewhere)


def test_two_tabs_of_one_browser_leave_each_other_alone(browser: Browser, server: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    context.add_init_script(PLAIN)
    told, untold = context.new_page(), context.new_page()
    try:
        told.goto(f"{server}/trajectories?{urlencode(SHARED)}", wait_until="commit")
        untold.goto(f"{server}/trajectories", wait_until="commit")
        all_hold({told: arriving("Trajectories", "Explore", told=True), untold: opening("Trajectories", told=False)})
        follow(told, "Your data")
        follow(untold, "Train")
        all_hold({told: arriving("Your data", "Trajectories", True), untold: arriving("Train", "Trajectories", False)})
        told.locator(".st-key-steps input[type=range]").focus()
        told.keyboard.press("ArrowRight")
        more = arriving("Your data", "Trajectories", told=True)
        more["query"] |= {"steps": "13"}
        more["widgets"] |= {"steps": "13"}
        told.wait_for_url("**steps=13**")
        follow(untold, "Trajectories")
        all_hold({told: more, untold: arriving("Trajectories", "Train", told=False)})
        told.reload(wait_until="commit")
        untold.reload(wait_until="commit")
        all_hold({told: more, untold: arriving("Trajectories", "Train", told=False)})
    finally:
        context.close()


def test_all_who_come_at_once_to_a_new_server_find_the_whole_app(visits: Callable[..., Visit], tmp_path: Path) -> None:
    pages = [plain(visits) for _ in range(4)]
    with serving(tmp_path) as url:
        for page in pages:
            page.goto(f"{url}/train", wait_until="commit")
        all_hold(dict.fromkeys(pages, opening("Train", told=False)))
        for page in pages:
            names = page.get_by_role("navigation").get_by_role("link").all_inner_texts()
            assert names == list(TITLES.values())
            page.goto("about:blank")
