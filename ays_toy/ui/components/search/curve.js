// One number by sweep: a line with error bars, where the search was stopped, and what lies beyond.
//
// draw(chart, ...): chart = { title, unit, log, values: [[value, error, text] or null by sweep], floor: [value, text] }

function curveFigure(parent, name, point) {
  const figure = makeFigure(parent, name, point);
  const cursor = drawing("line", { class: "cursor gliding" }, figure.front);
  const dot = drawing("circle", { class: "current gliding", r: 6.5 }, figure.front);
  drawing("title", {}, dot);
  let scales = null;

  function draw(chart, data, width, height, k) {
    const known = chart.values.flatMap((v) => (v ? [v[0] - v[1], v[0], v[0] + v[1]] : []));
    if (chart.floor) known.push(chart.floor[0]);
    const usable = chart.log ? known.filter((v) => v > 0) : known;
    let [low, high] = usable.length ? [Math.min(...usable), Math.max(...usable)] : [1, 10];
    if (low === high) [low, high] = chart.log ? [low, 10 * low] : [low - 0.5, low + 0.5];
    const noted = data.stop !== null || data.picked !== null;
    const spans = { top: 8 + (noted ? 30 : 8), bottom: height - 42 - (chart.floor ? 22 : 10) };
    const y = (chart.log ? logarithmic : linear)(low, high, spans.bottom, spans.top);
    const most = Math.max(2, Math.floor((spans.bottom - spans.top) / 30));
    const ticks = usable.length ? chart.log ? logTicks(low, high, y, 20) : linearTicks(low, high, most) : [];
    const margin = { left: 14 + wordWidth(ticks.map((tick) => plain(tick))), right: 12, top: 8, bottom: 42 };
    const area = figure.begin(width, height, margin);
    const last = roomFor(data);
    const x = linear(0, last, area.left + 10, area.right - 10);
    figure.sweepAt = (at) => clamp(Math.round(((at - x(0)) / (x(last) - x(0))) * last), 0, last);
    figure.caption.textContent = chart.title + (chart.unit ? ` (${chart.unit})` : "");
    scales = { x, y, area, chart };

    const sweeps = wholeTicks(last, Math.max(1, Math.floor((area.right - area.left) / 40)));
    axisX(figure.back, area, sweeps, x, "sweep");
    axisY(figure.back, area, ticks, y);
    drawing("line", { class: "axis", x1: area.left, x2: area.left, y1: area.top, y2: area.bottom }, figure.back);
    beyond(data, area, x);
    if (chart.floor) {
      const height = y(chart.floor[0]);
      drawing("line", { class: "floor", x1: area.left, x2: area.right, y1: height, y2: height }, figure.back);
    }
    line(chart, data);
    notes(chart, data, area, x);
    if (!usable.length || !data.sweeps.length) {
      const words = data.sweeps.length ? "not measured" : "not started";
      const middle = { x: (area.left + area.right) / 2, y: (2 * area.top + area.bottom) / 3, "text-anchor": "middle" };
      drawing("text", { class: "empty", ...middle }, figure.data, words);
    }
    fill(dot, { fill: data.color });
    fill(cursor, { y1: area.top, y2: area.bottom });
    move(k);
  }

  function beyond({ stop, picked }, area, x) {
    const reach = { y1: area.top, y2: area.bottom };
    if (stop !== null) {
      const box = { x: x(stop), y: area.top, width: area.right - x(stop), height: area.bottom - area.top };
      drawing("rect", { class: "beyond", ...box }, figure.back);
    }
    for (const at of [stop, picked]) {
      if (at !== null) drawing("line", { class: "stop", x1: x(at), x2: x(at), ...reach }, figure.back);
    }
  }

  function notes(chart, { stop, picked, sweeps }, area, x) {
    const note = (place, y, words, strong) =>
      drawing("text", { class: strong ? "note strong" : "note", y, ...place }, figure.data, words);
    const end = { x: area.right - 4, "text-anchor": "end" };
    if (chart.floor) note(end, scales.y(chart.floor[0]) + 15, `KLUB optimum ${chart.floor[1]}`);
    if (stop !== null && stop < sweeps.length - 1 && area.right - x(stop) > 98) note(end, area.top + 12, "over-optimized");
    // Each beside its line and away from the other's.
    for (const [at, other, words, row] of [[stop, picked, "stop", 0], [picked, stop, "by hand", 1]]) {
      if (at === null) continue;
      const room = words.length * 7 + 6, right = other !== null ? at > other : row === 1;
      const fits = right ? x(at) + room < area.right : x(at) - room > area.left;
      const place = right === fits ? { x: x(at) + 4 } : { x: x(at) - 4, "text-anchor": "end" };
      note(place, area.top + 12 + 15 * row, words, true);
    }
  }

  function line(chart, data) {
    const { x, y, area } = scales, height = (value) => clamp(y(value) || area.bottom, area.top, area.bottom);
    const places = chart.values.map((v, k) => v && Number.isFinite(y(v[0])) && [x(k), y(v[0]), v]);
    let d = "", drawn = false;
    for (const place of places) {
      if (place) d += `${drawn ? "L" : "M"}${place[0].toFixed(2)},${place[1].toFixed(2)}`;
      drawn = Boolean(place);
    }
    if (d) drawing("path", { class: "curve", d, stroke: data.color }, figure.data);
    const crowded = places.length > 60;
    places.forEach((place, k) => {
      if (!place) return;
      const [cx, cy, [value, error, text]] = place;
      const bar = { x1: cx, x2: cx, y1: height(value - error), y2: height(value + error), stroke: data.color };
      if (error > 0) drawing("line", { class: "error", ...bar }, figure.data);
      const circle = drawing("circle", { cx, cy, r: crowded ? 1.6 : 3, fill: data.color }, figure.data);
      drawing("title", {}, circle, `sweep ${k}: ${text}`);
      figure.points.push({ x: cx, y: cy, lines: [`sweep ${k}`, `${chart.title} ${text}`] });
    });
  }

  function move(k) {
    const { x, y, chart } = scales, here = chart.values[k];
    const shown = Boolean(here) && Number.isFinite(y(here[0]));
    cursor.style.display = k < chart.values.length ? "" : "none";
    dot.style.display = shown ? "" : "none";
    cursor.style.transform = `translate(${x(k)}px, 0px)`;
    figure.svg.setAttribute("aria-label", `${chart.title} by sweep${shown ? `; sweep ${k}: ${here[2]}` : ""}`);
    if (!shown) return;
    dot.style.transform = `translate(${x(k)}px, ${y(here[0])}px)`;
    dot.firstChild.textContent = `sweep ${k}: ${here[2]}`;
  }
  return { figure, draw, move };
}
