// One step of a walk by Tab: what has the focus now, and whether it could be seen on what had it before.
() => {
  const LOOKS = ["outlineStyle", "outlineColor", "boxShadow", "borderTopColor", "backgroundColor", "color", "stroke", "strokeWidth", "opacity"];
  const within = (root) => (root.activeElement?.shadowRoot ? within(root.activeElement.shadowRoot) : root.activeElement);
  const parent = (element) => element.parentElement || element.getRootNode().host;
  const looks = (element) => {
    const near = [element, ...[...element.querySelectorAll("*")].slice(0, 12)];
    for (let at = parent(element), k = 0; at && k < 4; at = parent(at), k += 1) near.push(at, ...[...at.children].slice(0, 6));
    const one = (each, part) => { const style = getComputedStyle(each, part); return LOOKS.map((name) => style[name]).join(); };
    return near.map((each) => one(each) + one(each, "::-webkit-slider-thumb")).join(";");
  };
  const name = (element) => element.ariaLabel || element.labels?.[0]?.innerText || element.innerText?.trim()
    || document.getElementById(element.getAttribute("aria-labelledby"))?.innerText || element.dataset.testid || element.outerHTML.slice(0, 120);
  const before = window.walked, now = within(document);
  const unseen = before && before.element.isConnected && before.looks === looks(before.element) ? before.name : null;
  const here = now && now !== document.body ? now : null;
  const first = window.walkedFirst ??= here;
  window.walked = here && { element: here, looks: looks(here), name: name(here) };
  const round = Boolean(before) && here === first;
  return { name: here && name(here), unseen, round };
}
