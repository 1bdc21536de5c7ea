// What on a page cannot be read, named or reached: computed in the browser, by what WCAG 2.2 AA asks (1.4.3, 1.4.11,
// 2.1.1, 4.1.2). Components stand in shadow roots, which are looked into; text inside of pictures is left out.
() => {
  const everything = function* (root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* everything(element.shadowRoot);
    }
  };
  const parent = (element) => element.assignedSlot || element.parentElement || element.getRootNode().host || null;
  const rgba = (text) => {
    const srgb = text.match(/^color\(srgb (.*)\)$/);
    const numbers = (srgb ? srgb[1] : text).match(/[\d.]+(e-?\d+)?/g)?.map(Number);
    if (!numbers) return [0, 0, 0, 0];
    const scale = srgb ? 1 : 255;
    return [...numbers.slice(0, 3).map((value) => value / scale), numbers[3] ?? 1];
  };
  const over = ([r, g, b, a], [R, G, B, A]) => {  // neither premultiplied
    const alpha = a + A * (1 - a);
    return alpha ? [...[[r, R], [g, G], [b, B]].map(([c, C]) => (c * a + C * A * (1 - a)) / alpha), alpha] : [0, 0, 0, 0];
  };
  const faded = ([r, g, b, a], opacity) => [r, g, b, a * opacity];
  const luminance = (color) => {
    const [r, g, b] = color.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  // A color on an element, and what lies behind it, both as they come out on the screen: a slider's value belongs to the
  // knob, and stands above it.
  function onScreen(color, element) {
    let front = color, back = [0, 0, 0, 0];
    const { left, right, top, bottom } = element.getBoundingClientRect(), x = (left + right) / 2, y = (top + bottom) / 2;
    for (let at = element; at; at = parent(at)) {
      const style = getComputedStyle(at), box = at.getBoundingClientRect();
      const behind = !(at instanceof SVGElement) && box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
      const own = behind ? rgba(style.backgroundColor) : [0, 0, 0, 0];
      [front, back] = [over(front, own), over(back, own)].map((one) => faded(one, Number(style.opacity)));
    }
    const page = rgba(getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor);
    return [over(front, page), over(back, page)];
  }
  const seen = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1;  // of one pixel: said to a screen reader only
  };
  const clipped = (element) => {  // by an ancestor of no size
    for (let at = parent(element); at; at = parent(at)) {
      const box = at.getBoundingClientRect(), style = getComputedStyle(at);
      if (style.overflow !== "visible" && (box.width <= 1 || box.height <= 1)) return true;
    }
    return false;
  };
  const named = (element) => {
    const scope = element.getRootNode();
    const ids = element.getAttribute("aria-labelledby")?.split(/\s+/) || [];
    const parts = [element.getAttribute("aria-label"), ...ids.map((id) => scope.getElementById(id)?.textContent)];
    if (element.labels) parts.push(...[...element.labels].map((label) => label.textContent));
    if (/^(BUTTON|A|SUMMARY)$/.test(element.tagName) || element.matches("[role=button], [role=tab], [role=radio]")) {
      parts.push(element.textContent);
      parts.push(...[...element.querySelectorAll("img[alt]")].map((image) => image.alt));
    }
    parts.push(element.getAttribute("title"), element.tagName === "IMG" ? element.getAttribute("alt") : "");
    parts.push(element.querySelector?.(":scope > title, :scope > figcaption, :scope > caption")?.textContent);
    return parts.filter(Boolean).join(" ").trim();
  };
  const hidden = (element) => {
    for (let at = element; at; at = parent(at)) if (at.getAttribute("aria-hidden") === "true" || at.inert) return true;
    return false;
  };
  const where = (element) => {
    const marks = [];
    for (let at = element; at && marks.length < 3; at = parent(at)) {
      const mark = at.dataset?.testid || at.className?.baseVal || (typeof at.className === "string" && at.className.match(/st-key-[\w-]+/)?.[0]);
      if (mark) marks.unshift(mark);
    }
    return `${marks.join(" > ")} <${element.tagName.toLowerCase()}>`;
  };

  const faults = [];
  const CONTROLS = "button, a[href], input, select, textarea, summary, [role=button], [role=slider], [role=tab], "
    + "[role=radio], [role=checkbox], [role=switch], [role=combobox], [role=application]";
  for (const element of everything(document)) {
    if (element.matches("th, [role=columnheader]") && !element.textContent.trim() && !named(element))
      faults.push(`empty header: ${where(element)}`);  // those that a canvas stands for are not seen themselves
    if (!seen(element)) {
      // A control of no size is named by what it stands for, if it can be reached at all.
      if (element.matches("input[type=range], input[type=radio], input[type=checkbox]") && !hidden(element) && !named(element))
        faults.push(`control without a name: ${where(element)}`);
      continue;
    }
    const style = getComputedStyle(element);

    // --- text ----------------------------------------------------------------------------------------------------
    const texts = [...element.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    let words = texts.map((text) => text.data.trim()).join(" "), color = style.color;
    if (element.matches("input:not([type=range], [type=radio], [type=checkbox], [type=file]), textarea")) {
      words = element.value;
      if (!words && element.placeholder) [words, color] = [element.placeholder, getComputedStyle(element, "::placeholder").color];
    }
    if (element.tagName === "SELECT") words = element.selectedOptions[0]?.textContent || "";
    if (element.tagName === "OPTION" || element.closest("canvas")) words = "";  // drawn by the system; never shown
    if (words === "■") words = "";  // a badge beside the name that it belongs to
    if (words && !clipped(element)) {
      let ink = rgba(color);
      if (element instanceof SVGElement) ink = faded(rgba(style.fill), Number(style.fillOpacity));
      const icon = style.fontFamily.includes("Material");
      const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const least = large || icon ? 3 : 4.5, [front, back] = onScreen(ink, element), found = ratio(front, back);
      if (found < least - 0.005)
        faults.push(`contrast ${found.toFixed(2)} < ${least}: “${words.slice(0, 40)}” ${where(element)}`);
    }

    // --- names ---------------------------------------------------------------------------------------------------
    if (!hidden(element)) {
      if (element.matches("canvas, figure, [role=img], [role=figure], [role=application], table, .stPlotlyChart")) {
        const whole = element.closest("[role=region], [role=figure]");  // a table's two layers are one thing
        if (!named(element) && !(whole && named(whole))) faults.push(`no name: ${where(element)}`);
      }
      if (element.matches("img:not([alt])")) faults.push(`picture without words: ${where(element)}`);
      if (element.matches(CONTROLS) && !named(element)) faults.push(`control without a name: ${where(element)}`);
    }

    // --- keys ----------------------------------------------------------------------------------------------------
    const rolls = (way, full, room) => /auto|scroll/.test(way) && full > room + 1;
    if (rolls(style.overflowY, element.scrollHeight, element.clientHeight) || rolls(style.overflowX, element.scrollWidth, element.clientWidth)) {
      const table = element.closest("[data-testid=stDataFrame]");  // its canvas takes the keys, and lies beside what rolls
      const reached = [element, ...everything(table || element)].some((one) => one.tabIndex >= 0 && !one.disabled && seen(one));
      const listed = element.closest("[role=listbox]") || element.querySelector("[role=listbox]");  // by its box's arrow keys
      if (!reached && !listed) faults.push(`scrolls, but not by keyboard: ${where(element)}`);
    }
  }
  return [...new Set(faults)];
}
