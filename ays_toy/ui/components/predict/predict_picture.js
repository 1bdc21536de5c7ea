// What a prediction is drawn on: its axes, the learner's marks or curve, and, once revealed, the true ones beside them.

const FLAT = 112, TALL_CURVE = 250, NAMED = 52;  // pixels: heights, and the room for the names of the two rows

const axisScale = (axis, from, to) => (axis.log ? logarithmic : linear)(axis.start, axis.end, from, to);
const inverse = (axis, from, to) => {
  const back = linear(from, to, 0, 1);
  return (place) => (axis.log ? axis.start * (axis.end / axis.start) ** back(place)
    : axis.start + (axis.end - axis.start) * back(place));
};
function axisTicks(axis, scale, gap) {
  const [low, high] = [Math.min(axis.start, axis.end), Math.max(axis.start, axis.end)];
  if (axis.log) return logTicks(low, high, scale, gap);
  const most = Math.max(1, Math.floor(Math.abs(scale(high) - scale(low)) / gap));
  return linearTicks(low, high, axis.whole ? Math.min(most, high - low) : most);
}

function predictPicture(svg) {
  const [back, apart, truth, mine] = ["back", "apart-layer", "true", "mine"]
    .map((name) => drawing("g", { class: name, "aria-hidden": "true" }, svg));
  const stroke = drawing("path", { class: "stroke" }, mine);
  let area = null, x = null, y = null, atX = null, atY = null, flat = true;

  function rebuild(data, width) {
    flat = data.kind !== "curve";
    const height = flat ? FLAT : TALL_CURVE, bottom = height - 42;
    const heights = flat ? null : axisScale(data.y, bottom - 8, 16);
    const ticks = flat ? [] : axisTicks(data.y, heights, 30);
    const left = flat ? NAMED : 34 + wordWidth(ticks.map((tick) => plain(tick)));
    area = { left, right: width - 18, top: 8, bottom };
    fill(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    x = axisScale(data.x, area.left + 8, area.right - 8);
    atX = inverse(data.x, area.left + 8, area.right - 8);
    y = heights;
    atY = flat ? null : inverse(data.y, bottom - 8, 16);
    back.replaceChildren();
    axisX(back, area, axisTicks(data.x, x, 44), x, data.x.title);
    if (flat) rows(data);
    else {
      axisY(back, area, ticks, y);
      drawing("line", { class: "axis", x1: left, x2: left, y1: area.top, y2: bottom }, back);
      drawing("text", { class: "title", transform: `translate(13,${(area.top + bottom) / 2}) rotate(-90)`,
        "text-anchor": "middle" }, back, data.y.title);
    }
  }

  const row = (which) => area.top + (which === "true" ? 44 : 16);
  function rows({ truth: known }) {
    for (const [which, title] of [["mine", "Yours"], ["true", "True"]]) {
      if (which === "true" && !known) continue;
      drawing("text", { class: "tick strong", x: area.left - 6, y: row(which) + 4, "text-anchor": "end" }, back, title);
      drawing("line", { class: "wire", x1: area.left, x2: area.right, y1: row(which), y2: row(which) }, back);
    }
  }

  // Where a mark of that value is drawn; for a curve `k` says at which place along x.
  const at = (data, values, k, which = "mine") => (flat ? [x(values[k]), row(which)] : [x(data.places[k]), y(values[k])]);
  const line = (points) => `M${points.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join("L")}`;

  function draw(data, values, begun) {
    const all = values.map((_, k) => at(data, values, k));
    stroke.setAttribute("d", flat ? "" : line(all));
    stroke.classList.toggle("waiting", !begun);
    apart.replaceChildren();
    truth.replaceChildren();
    if (!data.truth) return;
    const there = data.truth.map((_, k) => at(data, data.truth, k, "true"));
    if (!flat) drawing("path", { class: "stroke", d: line(there) }, truth);
    there.forEach(([tx, ty], k) => {
      drawing("line", { class: "apart", x1: all[k][0], y1: all[k][1], x2: tx, y2: ty }, apart);
      const mark = drawing("path", { class: "mark", d: symbolPath("diamond", 7), transform: `translate(${tx.toFixed(1)},${ty.toFixed(1)})` },
        truth);
      drawing("title", {}, mark, plain(data.truth[k]));
    });
  }
  return { rebuild, draw, at, x: (v) => x(v), y: (v) => y(v), atX: (p) => atX(p), atY: (p) => atY(p), get area() { return area; } };
}
