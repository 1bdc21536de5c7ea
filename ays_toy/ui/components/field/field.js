// The field player: arrows from noisy points to the clean data that a denoiser sees behind them, by noise level.
//
// data: see payload in field.py. Frames descend in noise; between two of them the pictures glide.

const LARGEST = 420, BETWEEN = 14;  // pixels: a panel's side, the gap between two

function fieldPlayer(component) {
  const root = node("div", { class: "player" }, component.parentElement);
  const panels = node("div", { class: "panels" }, root);
  const tip = tooltip(root);
  const views = ["arrows", "exact"].map((name) => {
    const box = node("figure", {}, panels);
    const caption = node("figcaption", {}, box);
    const view = { name, box, caption, canvas: node("canvas", { role: "img" }, box), shown: null };
    view.canvas.addEventListener("pointermove", (event) => { point(view, event); });
    view.canvas.addEventListener("pointerleave", () => { tip.hide(); });
    return view;
  });
  let { data } = component, frames = [], colors = null, size = 0, width = 0, animation = null, font = "sans-serif";

  const bytes = (text) => numbers(text, Uint8Array), floats = (text) => numbers(text, Float32Array);
  const decode = (frame) => ({
    ...frame,
    density: bytes(frame.density),
    arrows: floats(frame.arrows),
    exact: frame.exact && floats(frame.exact),
    likely: bytes(frame.likely),
    zoom: data.half_width / frame.half_width,
  });
  const picture = (frame, name) => frame[name] && {
    density: Float32Array.from(frame.density),
    arrows: cut(frame[name].map((value) => value / (frame.longest || 1))),
    likely: frame.likely,
    zoom: frame.zoom,
  };
  // Where there are hardly any data arrows may be longer than the longest elsewhere, and lose what is too much.
  const cut = (arrows) => arrows.map((value, k) => value / Math.max(1, Math.hypot(arrows[k & ~1], arrows[k | 1])));
  const blend = (a, b, share) => a.map((value, k) => value + share * (b[k] - value));
  const between = (a, b, share) => ({
    density: blend(a.density, b.density, share),
    arrows: blend(a.arrows, b.arrows, share),
    likely: b.likely,
    zoom: a.zoom + share * (b.zoom - a.zoom),
  });

  const bar = transport(root, {
    count: data.frames.length,
    position: data.begin,
    what: "noise level, high to low",
    interval_ms: () => 450,
    label: (k) => data.frames[k].label,
    onChange: () => show(true),
  });
  node("div", { class: "legend" }, root, "Background: density of the noisy data. Arrows: from a noisy point x towards "
    + "D(x, σ), the clean data seen behind it; lengths to one scale per noise level, faint and cut short where such noisy "
    + "data hardly ever are.");

  const paint = () => {
    for (const view of views) if (view.shown) paintField(view.canvas, size, view.shown, colors, font);
  };

  // Go to the position's frame, in steps where `glide` and the user's settings allow.
  function show(glide) {
    if (!size) return;
    cancelAnimationFrame(animation);
    const frame = frames[bar.position];
    const targets = views.map((view) => picture(frame, view.name));
    const starts = views.map((view) => view.shown);
    const caption = [data.title, "Exact"];
    views.forEach((view, k) => {
      view.box.hidden = !targets[k];
      view.caption.textContent = caption[k];
      view.canvas.setAttribute("aria-label", `${caption[k]}: arrows from noisy points to their denoised places. ${frame.label}`);
    });
    const lasting = glide && !still() ? Math.min(260, 0.85 * bar.pace_ms) : 0, began = performance.now();
    const step = () => {
      const share = lasting ? clamp((performance.now() - began) / lasting, 0, 1) : 1;
      views.forEach((view, k) => {
        view.shown = targets[k] && (starts[k] && share < 1 ? between(starts[k], targets[k], share) : targets[k]);
      });
      paint();
      if (share < 1) animation = requestAnimationFrame(step);
    };
    step();
  }

  function point(view, event) {
    const frame = frames[bar.position], here = view.canvas.getBoundingClientRect(), outer = root.getBoundingClientRect();
    const { lattice } = data, cell = size / lattice;
    const column = clamp(Math.floor((event.clientX - here.left) / cell), 0, lattice - 1);
    const row = lattice - 1 - clamp(Math.floor((event.clientY - here.top) / cell), 0, lattice - 1);
    const k = row * lattice + column, [px, py] = arrowStart(k, lattice, size);
    const place = [column, row].map((at) => (((at + 0.5) / lattice) * 2 - 1) * frame.half_width);
    const to = (arrows) => `(${plain(place[0] + arrows[2 * k], 3)}, ${plain(place[1] + arrows[2 * k + 1], 3)})`;
    const lines = [`from (${plain(place[0], 3)}, ${plain(place[1], 3)})`, `to ${to(frame[view.name])}`];
    if (frame.exact) {
      const off = Math.hypot(frame.arrows[2 * k] - frame.exact[2 * k], frame.arrows[2 * k + 1] - frame.exact[2 * k + 1]);
      lines.push(`learned and exact are ${plain(off, 2)} apart`);
    }
    tip.show(here.left - outer.left + px, here.top - outer.top + py, lines);
  }

  const observer = watchWidth(root, (now) => {
    width = now;
    layout();
    show(false);
  });
  const layout = () => {
    const count = frames[0].exact ? 2 : 1;
    size = Math.floor(Math.min(LARGEST, (width - BETWEEN * (count - 1)) / count));
  };

  return {
    update({ data: latest }) {
      data = latest;
      frames = data.frames.map(decode);
      colors = bytes(data.colors);
      font = getComputedStyle(root).fontFamily || font;
      bar.setCount(frames.length);
      if (!width) return;
      layout();
      show(true);
    },
    destroy() {
      observer.disconnect();
      cancelAnimationFrame(animation);
      bar.destroy();
      root.remove();
    },
  };
}

export default (component) => mount(component, fieldPlayer);
