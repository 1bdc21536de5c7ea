// One step of a walk by Tab: what has the focus now, whether the pages' names lie over it, and whether the focus could be
// seen on what had it before.
async () => {
  const waits = () => document.getAnimations().some((one) => one.pending || one.currentTime === 0);
  for (let k = 0; k < 2 || (k < 100 && waits()); k += 1) await new Promise(requestAnimationFrame);  // it fades in by now
  const LOOKS = ["outlineStyle", "outlineColor", "boxShadow", "borderTopColor", "backgroundColor", "color", "stroke"];
  const within = ({ activeElement: at }) => (at?.shadowRoot ? within(at.shadowRoot) : at);
  const parent = (element) => element.parentElement || element.getRootNode().host;
  const looks = (element) => {
    const near = [element, ...[...element.querySelectorAll("*")].slice(0, 12)];
    for (let at = parent(element), k = 0; at && k < 4; at = parent(at), k += 1) {
      near.push(at, ...[...at.children].slice(0, 6));
    }
    const one = (each, part) => {
      const style = getComputedStyle(each, part);
      return LOOKS.map((look) => style[look]).join();
    };
    return near.map((each) => one(each) + one(each, "::-webkit-slider-thumb")).join(";");
  };
  const whole = (element) => element.dataset.testid === "stMain";  // "Skip to main content" leads there
  const drawn = (element) => element.closest("[data-testid=data-grid-canvas]");  // a table marks its cells in its picture
  const name = (element) => {
    if (whole(element)) return "the page";
    const label = document.getElementById(element.getAttribute("aria-labelledby")) || element.labels?.[0];
    const words = [element.ariaLabel, label?.innerText, element.innerText?.trim(), element.dataset.testid];
    return words.find(Boolean) || element.outerHTML.slice(0, 120);
  };
  const before = window.walked, now = within(document);
  const told = before && !whole(before.element) && !drawn(before.element);
  const unseen = told && before.element.isConnected && before.looks === looks(before.element) ? before.name : null;
  const here = now && now !== document.body ? now : null;
  // Whether the bar at the top lies over what rolls beneath it, and could be free of it.
  const covered = (element) => {
    const bar = document.querySelector("header")?.getBoundingClientRect(), box = element.getBoundingClientRect();
    if (!bar || whole(element) || box.height > window.innerHeight / 2) return false;
    let rolls = false;
    for (let at = element; at; at = parent(at)) {
      if (["fixed", "sticky"].includes(getComputedStyle(at).position)) return false;
      rolls ||= at.tagName === "MAIN" || at.dataset.testid === "stMain";
      if (at.tagName === "HEADER") return false;
    }
    return rolls && box.top < bar.bottom && box.bottom > bar.top;
  };
  const first = window.walkedFirst ??= here;
  window.walked = here && { element: here, looks: looks(here), name: name(here) };
  const round = Boolean(before) && here === first;
  return { name: here && name(here), unseen, covered: here && covered(here) ? name(here) : null, round };
}
