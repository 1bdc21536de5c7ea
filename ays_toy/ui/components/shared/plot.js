// The little that the figures need: elements, numbers in words, scales, ticks, marker shapes, a tooltip.

const SVG = "http://www.w3.org/2000/svg";
const MOUNTED = new WeakMap();  // parentElement -> what `mount` keeps there

// All text goes in as text, never as markup.
function fill(element, attributes, parent, text) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.appendChild(element);
  return element;
}
const node = (tag, attributes = {}, parent = null, text = undefined) =>
  fill(document.createElement(tag), attributes, parent, text);
const drawing = (tag, attributes = {}, parent = null, text = undefined) =>
  fill(document.createElementNS(SVG, tag), attributes, parent, text);

// Streamlit calls a component anew whenever its data or theme change, on the same parentElement: make it once, then
// update it in place. A call that was overtaken by the next one may be cleaned up late, and must not take that down.
function mount(component, make) {
  const { parentElement } = component;
  const kept = MOUNTED.get(parentElement);
  const player = kept ? kept.player : make(component);
  const call = {};
  MOUNTED.set(parentElement, { player, call });
  player.update(component);
  return () => {
    if (MOUNTED.get(parentElement)?.call !== call) return;
    MOUNTED.delete(parentElement);
    player.destroy();
  };
}

/** Where an event is, in an element's own pixels. */
const placeIn = (element, { clientX, clientY }) => {
  const { left, top } = element.getBoundingClientRect();
  return [clientX - left, clientY - top];
};

/** How many times its usual size type has: what is presented has it larger, and so has who asks a browser for that. */
const typeScale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

/**
 * Hear of an element's width, at first and whenever it changes by half a pixel. Before, while nothing in it has its
 * place, it is not seen. @returns {ResizeObserver}
 */
function watchWidth(element, changed) {
  let width = 0;
  element.style.visibility = "hidden";
  const observer = new ResizeObserver(([entry]) => {
    if (Math.abs(entry.contentRect.width - width) < 0.5) return;
    width = entry.contentRect.width;
    changed(width);
    element.style.visibility = "";
  });
  observer.observe(element);
  return observer;
}

const PLAIN = new Intl.NumberFormat("en-US", { maximumFractionDigits: 9, useGrouping: false });  // dear to make
const plain = (value, digits = 4) => PLAIN.format(Number(value.toPrecision(digits)));
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

const linear = (low, high, from, to) => (value) => from + ((value - low) / (high - low || 1)) * (to - from);
const logarithmic = (low, high, from, to) => {
  const inner = linear(Math.log(low), Math.log(high), from, to);
  return (value) => inner(Math.log(value));
};

// Round numbers in [low, high], at most `most` of them.
function linearTicks(low, high, most) {
  const raw = (high - low) / Math.max(1, most) || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) ticks.push(k * step);
  return ticks;
}
const wholeTicks = (high, most) => linearTicks(0, high, Math.min(high, most));

// As many round numbers as fit `gap` pixels apart on a log axis: decades, then 1-2-5, then finer.
function logTicks(low, high, scale, gap) {
  const apart = (ticks) => ticks.every((v, k) => !k || Math.abs(scale(v) - scale(ticks[k - 1])) >= gap);
  const inside = (factors) => {
    const ticks = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e += 1)
      ticks.push(...factors.map((f) => f * 10 ** e).filter((v) => v >= low * 0.9999 && v <= high * 1.0001));
    return ticks;
  };
  const finer = [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]].map(inside).filter(apart);
  if (finer.length && finer[0].length >= 3) return finer[0];
  for (let most = 8; most > 1; most -= 1) {
    const even = linearTicks(low, high, most);
    if (even.length >= 2 && apart(even)) return even;
  }
  return finer[0] || [low];
}

// The palette's marker symbols as paths around 0, r their radius.
function symbolPath(symbol, r) {
  const polygon = (corners, start = -90, inner = null) => {
    const count = inner === null ? corners : 2 * corners;
    const at = (k) => {
      const angle = ((start + (360 * k) / count) * Math.PI) / 180, radius = inner !== null && k % 2 ? inner : r;
      return `${(radius * Math.cos(angle)).toFixed(2)},${(radius * Math.sin(angle)).toFixed(2)}`;
    };
    return `M${Array.from({ length: count }, (_, k) => at(k)).join("L")}Z`;
  };
  const a = r * 0.36;
  const shapes = {
    square: () => `M${-r * 0.85},${-r * 0.85}H${r * 0.85}V${r * 0.85}H${-r * 0.85}Z`,
    diamond: () => polygon(4),
    "triangle-up": () => polygon(3),
    "triangle-down": () => polygon(3, 90),
    "triangle-left": () => polygon(3, 180),
    "triangle-right": () => polygon(3, 0),
    pentagon: () => polygon(5),
    hexagon: () => polygon(6),
    hexagram: () => polygon(6, -90, r * 0.577),
    star: () => polygon(5, -90, r * 0.45),
    cross: () => `M${-a},${-r}H${a}V${-a}H${r}V${a}H${a}V${r}H${-a}V${a}H${-r}V${-a}H${-a}Z`,
    x: () => polygon(4, -45, r * 0.35),
    "star-diamond": () => polygon(4, -90, r * 0.5),
    "star-square": () => polygon(4, -45, r * 0.5),
    "star-triangle-up": () => polygon(3, -90, r * 0.3),
    "diamond-wide": () => `M${-r * 1.2},0L0,${-r * 0.6}L${r * 1.2},0L0,${r * 0.6}Z`,
    "diamond-tall": () => `M0,${-r * 1.2}L${r * 0.6},0L0,${r * 1.2}L${-r * 0.6},0Z`,
    bowtie: () => `M${-r},${-r * 0.8}L${r},${r * 0.8}V${-r * 0.8}L${-r},${r * 0.8}Z`,
    hourglass: () => `M${-r * 0.8},${-r}H${r * 0.8}L${-r * 0.8},${r}H${r * 0.8}Z`,
  };
  return (shapes[symbol] || (() => `M${-r},0a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0Z`))();
}

// A tooltip over `root`, which must be positioned: show(x, y, lines) in root's own pixels.
function tooltip(root) {
  const box = node("div", { class: "tip", hidden: "", "aria-hidden": "true" }, root);
  return {
    show(x, y, lines) {
      box.replaceChildren(...lines.map((line) => node("div", {}, null, line)));
      box.hidden = false;
      const left = clamp(x - box.offsetWidth / 2, 0, Math.max(0, root.clientWidth - box.offsetWidth));
      const above = y - box.offsetHeight - 12;
      box.style.transform = `translate(${left}px, ${above >= 0 ? above : y + 14}px)`;
    },
    hide() { box.hidden = true; },
  };
}
