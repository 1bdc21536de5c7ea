"""What a page that opens moves of what it has drawn, as Chromium counts it (below 0.1 is good, says web.dev/cls)."""

from playwright.sync_api import Page

# From when the app's style and a first text have come. Streamlit's empty page makes room for its sidebar, before the
# style or after it, which counts 0.21 though there is nothing to be seen of it; and how much there is when the style
# comes depends on the machine.
WATCH = """(() => {
  const seen = window.seenShifts = { styled: null, shifts: [] };
  const look = (now) => {
    const block = document.querySelector(".block-container");
    const shown = block && getComputedStyle(block).paddingLeft === "24px" && block.innerText.trim();
    if (shown) requestAnimationFrame(after);
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


def assert_still(page: Page) -> None:
    """Assert that little has been moved on a page that began with WATCH and is open now."""
    seen = page.evaluate("() => window.seenShifts")
    assert seen["styled"] is not None
    assert sum(value for at, value in seen["shifts"] if at > seen["styled"]) < 0.1, f"moved while it opened: {seen}"
    assert seen["shifts"], "the sidebar, at least: it is counted at all"
