// What a narrow screen lets scroll sidewards takes the focus, so that arrow keys move it too.
//
// Streamlit gives its containers no tabindex, and the style that makes some of them scroll cannot.

const SCROLLING = "[class*=st-key-panels_box], .st-key-rail, .st-key-image-rail, .st-key-winners_box";
const NARROW = "(max-width: 640px)", REST = 300;  // where frame.py makes them scroll; milliseconds

function reachScrollersByKeys() {
  let waiting = null;
  const look = () => {
    waiting = null;
    for (const one of document.querySelectorAll(SCROLLING)) {
      if (one.scrollWidth <= one.clientWidth + 1) one.removeAttribute("tabindex");
      else if (one.tabIndex !== 0 || !one.hasAttribute("tabindex")) one.tabIndex = 0;
    }
  };
  const soon = () => { waiting ??= setTimeout(look, REST); };
  const changes = new MutationObserver(soon), narrow = matchMedia(NARROW);
  const follow = () => {
    if (narrow.matches) changes.observe(document.body, { childList: true, subtree: true });
    else changes.disconnect();
    soon();
  };
  narrow.addEventListener("change", follow);
  window.addEventListener("resize", soon);
  follow();
}
