// Where the levels are, sweep by sweep: noise falls from left to right, sweeps run down, one line per level.

function levelsFigure(parent, point, clipName) {
  const figure = makeFigure(parent, "levels", point);
  const band = drawing("rect", { class: "band gliding" }, figure.front);
  const clip = drawing("clipPath", { id: clipName }, figure.svg);
  const opening = drawing("rect", { class: "gliding" }, clip);
  let markers = [], scales = null;

  const marks = (series, y, r, layer, title) => series.sigmas.forEach((sigma, k) => {
    const x = scales.x(sigma);
    const path = drawing("path", { class: "mark", d: symbolPath(series.symbol, r), fill: series.color }, layer);
    path.setAttribute("transform", `translate(${x.toFixed(2)},${y.toFixed(2)})`);
    const lines = [`${title}, level ${k}`, `σ = ${plain(sigma, 5)}`];
    drawing("title", {}, path, lines.join(": "));
    figure.points.push({ x, y, lines });
  });

  function draw(data, width, height, k) {
    const rows = [...data.others, ...(data.optimum ? [data.optimum] : [])];
    const left = 30 + wordWidth([data.start.title, ...rows.map((row) => row.title)]);
    const noted = data.stop !== null || data.picked !== null;
    const area = figure.begin(width, height, { left, right: noted ? 50 : 14, top: 8, bottom: 42 });
    const [high, low] = [data.start.sigmas[0], data.start.sigmas.at(-1)];
    const inner = { ...area, top: area.top + 10, bottom: area.bottom - 12 - 20 * rows.length };
    const last = roomFor(data);
    const x = logarithmic(high, low, area.left + 14, area.right - 14);
    const y = linear(0, last, inner.top, inner.bottom);
    scales = { x, y, data, area, pitch: y(1) - y(0) };
    figure.sweepAt = (_, at) => clamp(Math.round(((at - inner.top) / (inner.bottom - inner.top)) * last), 0, last);
    figure.caption.textContent = "Where the levels are, sweep by sweep";

    axisX(figure.back, area, logTicks(low, high, x, 44), x, "noise level σ (sampling runs left to right)");
    const middle = (inner.top + inner.bottom) / 2;
    drawing("text", { class: "title", transform: `translate(12,${middle}) rotate(-90)`, "text-anchor": "middle" },
      figure.back, "sweep");
    const named = (title, at, extra = "") => drawing("text",
      { class: `tick ${extra}`, x: area.left - 6, y: at + 4, "text-anchor": "end" }, figure.back, title);
    named(data.start.title, y(0), "strong");
    for (const tick of wholeTicks(last, Math.max(1, Math.floor((inner.bottom - inner.top) / 24)))) {
      if (tick > 0) named(plain(tick), y(tick));
    }
    rows.forEach((row, k) => named(row.title, inner.bottom + 20 * (k + 1), "strong"));
    drawing("line", { class: "axis", x1: area.left, x2: area.left, y1: area.top, y2: area.bottom }, figure.back);

    if (data.stop !== null) {
      const box = { x: area.left, y: y(data.stop), width: area.right - area.left, height: y(last) - y(data.stop) };
      drawing("rect", { class: "beyond", ...box }, figure.back);
    }
    for (const [at, words] of [[data.stop, "stop"], [data.picked, "by hand"]]) {
      if (at === null) continue;
      drawing("line", { class: "stop", x1: area.left, x2: area.right, y1: y(at), y2: y(at) }, figure.data);
      const lower = words === "by hand" && data.stop !== null && Math.abs(y(at) - y(data.stop)) < 14 ? 14 : 0;
      drawing("text", { class: "tick strong", x: area.right + 4, y: y(at) + 4 + lower }, figure.data, words);
    }
    if (data.optimum) {
      const reach = { y1: area.top, y2: inner.bottom + 20 * rows.length, stroke: data.optimum.color };
      for (const sigma of data.optimum.sigmas)
        drawing("line", { class: "heading", x1: x(sigma), x2: x(sigma), ...reach }, figure.back);
    }
    tracks(data);
    marks(data.start, y(0), data.start.sigmas.length <= 14 ? 9 : 7, figure.data, data.start.title);
    rows.forEach((row, k) => marks(row, inner.bottom + 20 * (k + 1), 7, figure.data, row.title));
    if (!data.sweeps.length)
      drawing("text", { class: "empty", x: (area.left + area.right) / 2, y: middle, "text-anchor": "middle" },
        figure.data, "not started");
    current(data);
    move(k);
  }

  // Every track faintly, and again in full down to the current sweep.
  function tracks(data) {
    const { x, y, area, pitch } = scales;
    const faint = drawing("g", { class: "faint" }, figure.data);
    const full = drawing("g", { "clip-path": `url(#${clipName})` }, figure.data);
    data.start.sigmas.forEach((_, level) => {
      const places = data.sweeps.map((sweep, k) => [x(sweep.sigmas[level]), y(k)]);
      const d = places.map(([a, b], k) => `${k ? "L" : "M"}${a.toFixed(2)},${b.toFixed(2)}`).join("");
      for (const layer of [faint, full]) {
        if (d) drawing("path", { class: "track", d, stroke: data.color }, layer);
        if (pitch >= 9)
          for (const [cx, cy] of places) drawing("circle", { cx, cy, r: 2.2, fill: data.color }, layer);
      }
      places.forEach(([px, py], k) => {
        const lines = [`sweep ${k}, level ${level}`, `σ = ${plain(data.sweeps[k].sigmas[level], 5)}`];
        figure.points.push({ x: px, y: py, lines });
      });
    });
    fill(opening, { x: area.left, y: -area.bottom, width: area.right - area.left, height: area.bottom + 0.5 });
    if (data.now) underWay(data);
  }

  function underWay({ now, sweeps, color }) {
    const { x, y } = scales, row = y(sweeps.length);
    now.sigmas.forEach((sigma, level) => {
      const from = sweeps.length ? sweeps.at(-1).sigmas[level] : sigma, moving = level === now.index;
      drawing("line", { class: "way", x1: x(from), x2: x(sigma), y1: y(sweeps.length - 1), y2: row, stroke: color },
        figure.data);
      const circle = { class: moving ? "now moving" : "now", cx: x(sigma), cy: row, r: moving ? 7 : 4.5, stroke: color };
      const lines = [`sweep ${sweeps.length} under way, level ${level}`, `σ = ${plain(sigma, 5)}`];
      drawing("title", {}, drawing("circle", circle, figure.data), lines.join(": "));
      figure.points.push({ x: x(sigma), y: row, lines });
    });
  }

  // The markers of the current sweep stay the same elements, so that they can glide.
  function current(data) {
    const levels = data.start.sigmas.length, r = levels <= 14 ? 6.5 : levels <= 26 ? 5.5 : 4;
    const wanted = data.sweeps.length ? levels : 0;
    while (markers.length > wanted) markers.pop().remove();
    while (markers.length < wanted) {
      const marker = drawing("circle", { class: "current gliding" }, figure.front);
      drawing("title", {}, marker);
      markers.push(marker);
    }
    for (const marker of markers) fill(marker, { r, fill: data.color });
    const { area, pitch } = scales, height = clamp(pitch, 14, 20);
    fill(band, { x: area.left, y: -height / 2, width: area.right - area.left, height });
    band.style.display = data.sweeps.length ? "" : "none";
  }

  function move(k) {
    const { x, y, data } = scales, sweep = data.sweeps[k];
    const places = (sweep || data.start).sigmas.map((sigma) => plain(sigma)).join(", ");
    figure.svg.setAttribute("aria-label", sweep ? `Noise levels of sweep ${k}: ${places}`
      : `Not started. Noise levels of ${data.start.title}: ${places}`);
    if (!sweep) return;
    band.style.transform = opening.style.transform = `translate(0px, ${y(k)}px)`;
    markers.forEach((marker, level) => {
      const sigma = sweep.sigmas[level];
      marker.style.transform = `translate(${x(sigma)}px, ${y(k)}px)`;
      marker.firstChild.textContent = `sweep ${k}, level ${level}: σ = ${plain(sigma, 5)}`;
    });
  }
  return { figure, draw, move };
}
