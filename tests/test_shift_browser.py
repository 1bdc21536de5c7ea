"""Pages that open hold still, in a real Chromium: what has been drawn is not moved by what comes after it."""

from collections.abc import Callable

import pytest
from chromium import Visit, required
from test_screens import PAGES, open_page

pytestmark = pytest.mark.browser
required()
# What is moved, as Chromium counts it (below 0.1 is good, says web.dev/cls), from when the app's style has come. Before
# it Streamlit's empty page makes room for its sidebar, which counts 0.21 though there is nothing to be seen of it, and
# how much there is when the style comes depends on the machine.
WATCH = """(() => {
  const seen = window.seenShifts = { styled: null, shifts: [] };
  const look = (now) => {
    const block = document.querySelector(".block-container");
    if (block && getComputedStyle(block).paddingLeft === "24px") requestAnimationFrame(after);
    else requestAnimationFrame(look);
  };
  // What the style itself moves is counted in the frame after it, however long that takes.
  const after = () => requestAnimationFrame((now) => { seen.styled = now; });
  requestAnimationFrame(look);
  new PerformanceObserver((list) => {
    for (const { startTime, value, hadRecentInput } of list.getEntries())
      if (!hadRecentInput) seen.shifts.push([startTime, value]);
  }).observe({ type: "layout-shift", buffered: true });
})()"""


@pytest.mark.parametrize("name", PAGES)
def test_nothing_that_is_drawn_is_moved_while_a_page_opens(
    visits: Callable[..., Visit], server: str, name: str
) -> None:
    visit = visits()
    visit.page.add_init_script(WATCH)
    page = open_page(visit, server, name)
    seen = page.evaluate("() => window.seenShifts")
    assert seen["styled"] is not None
    assert sum(value for at, value in seen["shifts"] if at > seen["styled"]) < 0.1, seen
    assert seen["shifts"], "the sidebar, at least: it is counted at all"
