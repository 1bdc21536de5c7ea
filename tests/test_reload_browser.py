"""A run outlives what happens to its tab: reloaded, it is found again; cut off and back, nothing is lost."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from chromium import READY, Visit, required
from playwright.sync_api import Page, WebSocketRoute, expect
from proxy import Proxy
from streamlit.proto.BackMsg_pb2 import BackMsg

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
    page.evaluate("window.before = true")
    throw = f"words => {{ {thrown} }}"
    page.evaluate(throw, "something else")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.before")
    # More than once, for the script that listens may not have come yet.
    given_up = f"words => {{ if (window.before) {{ {thrown} }} return !window.before; }}"
    page.wait_for_function(given_up, arg="Cannot set a node at a delta path", polling=500)
    page.wait_for_selector(READY)
    assert page.evaluate("sessionStorage.openedAnew")
    page.evaluate("window.before = true; sessionStorage.openedAnew = Date.now()")  # however long it took to open
    page.evaluate(throw, "a delta path")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.before"), "it would not end"
    visit.troubles.clear()


def test_what_a_page_that_was_left_asks_too_late_leaves_the_next_one_whole(
    visits: Callable[..., Visit], server: str
) -> None:
    """A timer of Streamlit's asks for a part once more while the page that one went to is on its way."""
    page = visits().page
    asked: list[bytes] = []
    late: list[bytes] = []

    def between(socket: WebSocketRoute) -> None:
        end = socket.connect_to_server()

        def on_its_way(message: str | bytes) -> None:
            end.send(message)
            assert isinstance(message, bytes)
            wanted = BackMsg.FromString(message).rerun_script
            if wanted.fragment_id:
                asked.append(message)
            elif asked and wanted.page_script_hash != BackMsg.FromString(asked[-1]).rerun_script.page_script_hash:
                late.append(asked[-1])
                end.send(late[-1])

        socket.on_message(on_its_way)

    page.route_web_socket(re.compile("_stcore/stream"), between)
    page.goto(f"{server}/trajectories")
    page.wait_for_selector(READY)
    in_numbers = page.locator(".st-key-figure-in-numbers")
    in_numbers.locator("summary").click()
    expect(in_numbers.locator("li").first).to_be_visible()
    page.get_by_role("link", name="Evidence").first.click()
    expect(page).to_have_url(re.compile("/evidence"))
    page.wait_for_selector(READY)
    page.wait_for_timeout(2000)  # for what was asked too late
    page.wait_for_selector(READY)
    assert late
    expect(page.locator(".stPlotlyChart").first).to_be_visible()
    in_numbers.locator("summary").click()
    expect(in_numbers.locator("li").first).to_be_visible()
    expect(page.locator(".stPlotlyChart").first).to_be_visible()
