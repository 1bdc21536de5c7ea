// What the figures of a search share: a caption over one SVG, layers in it, axes, and what is under the pointer.

// `point(k, settled)` scrubs to sweep k, null: where it was before; `sweepAt(x, y)` says which sweep a place in the figure belongs to.
function makeFigure(parent, name, point) {
  const box = node("figure", { class: name }, parent);
  const caption = node("figcaption", {}, box);
  const svg = drawing("svg", { role: "img" }, box);
  const figure = {
    svg, caption, points: [], sweepAt: () => 0,
    back: drawing("g", {}, svg), data: drawing("g", {}, svg), front: drawing("g", {}, svg),
    begin(width, height, margin) {
      fill(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
      for (const layer of [figure.back, figure.data]) layer.replaceChildren();
      figure.points = [];
      const { left, right, top, bottom } = margin;
      return { left, top, right: width - right, bottom: height - bottom };
    },
  };
  let scrubbing = false;
  const at = (event) => figure.sweepAt(...placeIn(svg, event));
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    scrubbing = true;
    svg.setPointerCapture(event.pointerId);
    point(at(event), false);
  });
  svg.addEventListener("pointermove", (event) => { if (scrubbing) point(at(event), false); });
  svg.addEventListener("pointerup", (event) => { if (scrubbing) point(at(event), true); scrubbing = false; });
  svg.addEventListener("pointercancel", () => { if (scrubbing) point(null, true); scrubbing = false; });
  return figure;
}

// Show the numbers of whatever lies nearest to the pointer.
function hover(figure, tip, root) {
  figure.svg.addEventListener("pointermove", (event) => {
    const frame = figure.svg.getBoundingClientRect(), outer = root.getBoundingClientRect();
    const [x, y] = placeIn(figure.svg, event);
    let near = null, least = 18;
    for (const one of figure.points) {
      const distance = Math.hypot(one.x - x, one.y - y);
      if (distance < least) [near, least] = [one, distance];
    }
    if (near) tip.show(frame.left - outer.left + near.x, frame.top - outer.top + near.y, near.lines);
    else tip.hide();
  });
  figure.svg.addEventListener("pointerleave", () => tip.hide());
}

function axisX(layer, area, ticks, scale, title) {
  drawing("line", { class: "axis", x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom }, layer);
  for (const tick of ticks) {
    const x = scale(tick);
    drawing("line", { class: "grid", x1: x, x2: x, y1: area.top, y2: area.bottom }, layer);
    drawing("text", { class: "tick", x, y: area.bottom + 15, "text-anchor": "middle" }, layer, plain(tick));
  }
  const middle = { x: (area.left + area.right) / 2, y: area.bottom + 32, "text-anchor": "middle" };
  drawing("text", { class: "title", ...middle }, layer, title);
}

function axisY(layer, area, ticks, scale) {
  for (const tick of ticks) {
    const y = scale(tick);
    drawing("line", { class: "grid", x1: area.left, x2: area.right, y1: y, y2: y }, layer);
    drawing("text", { class: "tick", x: area.left - 6, y: y + 4, "text-anchor": "end" }, layer, plain(tick));
  }
}

const wordWidth = (words) => 6.6 * typeScale() * Math.max(0, ...words.map((word) => word.length));  // of 12 px text, in pixels

// The last sweep that the axes have room for: in steps while the search grows, so that they seldom move.
function roomFor(data) {
  const last = data.sweeps.length - 1 + (data.now ? 1 : 0);
  const growing = data.running || !data.sweeps.length;
  return growing ? [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256].find((k) => k >= last) || last : Math.max(1, last);
}
