"""A run outlives what happens to its tab: reloaded, it is found again; cut off and back, nothing is lost."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from chromium import READY, Visit, required
from playwright.sync_api import Page, expect
from proxy import Proxy

pytestmark = pytest.mark.browser
required()
RUN = "data=ring-8&width=16&batch=64&length=16000&training_seed=11"


def step(page: Page) -> int:
    """The training step that the page shows, once it shows one."""
    shown = page.get_by_text(re.compile(r"step [1-9][\d,]* of 16,000"))
    expect(shown).to_be_visible(timeout=60_000)
    found = re.search(r"step ([\d,]+)", shown.inner_text())
    assert found
    return int(found[1].replace(",", ""))


def test_a_run_is_found_again_by_a_reload_in_its_midst_and_a_cut_connection_loses_nothing(
    visits: Callable[..., Visit], server: str
) -> None:
    visit = visits()
    page = visit.page
    with Proxy([urlsplit(server).netloc]) as proxy:
        page.goto(f"{proxy.url}/train?{RUN}")
        page.wait_for_selector(READY)
        page.get_by_role("button", name="Train", exact=True).click()
        before = step(page)
        page.reload()
        said = page.get_by_text("Here is the run that was left with these settings.")
        expect(said).to_be_visible(timeout=60_000)  # looked for first: it goes by itself
        assert step(page) >= before  # without a click
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        before = step(page)
        proxy.cut()
        broken = page.get_by_role("dialog", name="Connection error")
        expect(broken).to_be_visible()
        proxy.mend()
        expect(broken).not_to_be_visible()
        visit.troubles.clear()  # what was asked for meanwhile did not come
        page.wait_for_function(
            "least => [...document.querySelectorAll('[data-testid=stProgress]')].some(bar => "
            "(bar.innerText.match(/step ([\\d,]+)/)?.[1].replace(/,/g, '') ?? 0) > least)",
            arg=before,
        )
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("stopped after")).to_be_visible()
        page.reload()
        expect(page.get_by_text("stopped after")).to_be_visible()
        expect(page.get_by_role("button", name="Go on")).to_be_visible()


@pytest.mark.parametrize("thrown", ["setTimeout(() => { throw new Error(words) })", "Promise.reject(new Error(words))"])
def test_a_page_that_streamlit_has_given_up_on_is_opened_anew_and_once(
    visits: Callable[..., Visit], server: str, thrown: str
) -> None:
    visit = visits()
    page = visit.page
    page.goto(f"{server}/learn")
    page.wait_for_selector(READY)
    for words, again in (
        ("something else", False),
        ("Cannot set a node at a delta path", True),
        ("a delta path", False),
    ):
        page.evaluate("window.before = true")
        page.evaluate(f"words => {{ {thrown} }}", words)
        page.wait_for_timeout(1500)
        page.wait_for_selector(READY)
        assert page.evaluate("window.before === undefined") == again, words
    visit.troubles.clear()
