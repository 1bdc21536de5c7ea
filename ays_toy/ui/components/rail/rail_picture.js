// What the rail draws: the levels on their line, other schedules' marks below it, and every step's patch of KLUB.

const RAIL = { left: 84, right: 18, row: 30, pitch: 19, area: 182, low: 84 };  // pixels
const BESIDES = 636;  // pixels of a window's height that the area leaves for the rest and the pictures below it

const figures = (value) => (value >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(4));
const brief = (value) => (value >= 0.01 ? Number(value.toPrecision(3)).toString() : "<0.01");
const times = (gap) => `${gap < 10 ? gap.toFixed(2) : gap < 100 ? gap.toFixed(1) : Math.round(gap).toLocaleString("en-US")}×`;

// The total and the gap, big.
function scoreboard(head) {
  const block = (name) => {
    const box = node("div", { class: `score ${name}` }, head);
    return { what: node("span", { class: "what" }, box), value: node("b", {}, box), unit: node("span", {}, box) };
  };
  const klub = block("klub"), gap = block("gap");
  const how = node("div", { class: "how" }, head);
  const put = (box, text) => { if (box.textContent !== text) box.textContent = text; };
  return {
    name({ title, unit, fixed }) {
      put(how, `Drag a level, or focus it and press ← → (Shift: finer).${fixed ? "" : " Double-click adds, Delete removes."}`);
      put(klub.what, title);
      put(klub.unit, unit);
    },
    show(value, ratio, steps) {
      put(klub.value, figures(value));
      put(gap.value, times(ratio));
      put(gap.unit, `the best possible with ${steps} ${steps === 1 ? "step" : "steps"}`);
    },
  };
}

// The top of the area's axis: the next number of few digits above the highest patch.
function roof(height) {
  const wanted = height * 1.06, power = 10 ** Math.floor(Math.log10(wanted));
  return power * [1, 1.5, 2, 3, 4, 6, 8, 10].find((factor) => factor * power >= wanted * 0.9999);
}

function railPicture(svg) {
  const [back, scaleY, patches, others, notes, front] = ["back", "scale", "patches", "others", "notes", "front"]
    .map((name) => drawing("g", { class: name, "aria-hidden": "true" }, svg));
  let x = null, sigma = null, area = null, ceiling = 0, aim = 0, drawnCeiling = 0, last = 0;
  let shapes = [], lines = [], prices = [], names = [];

  const match = (kept, count, tag, attributes, layer) => {
    while (kept.length > count) kept.pop().remove();
    while (kept.length < count) kept.push(drawing(tag, attributes, layer));
    return kept;
  };

  // Everything but what moves; the svg's own children after these layers are the knobs.
  function rebuild(data, width, levels) {
    const [high, low] = [levels[0], levels.at(-1)], rows = data.others.length;
    const scale = typeScale(), pitch = RAIL.pitch * scale;
    const top = RAIL.row + rows * pitch + 22, bottom = top + clamp(window.innerHeight - BESIDES, RAIL.low, RAIL.area);
    area = { left: RAIL.left * scale, right: width - RAIL.right, top, bottom };
    fill(svg, { width, height: bottom + 40, viewBox: `0 0 ${width} ${bottom + 40}` });
    x = logarithmic(high, low, area.left, area.right);
    const span = Math.log(low / high) / (area.right - area.left);
    sigma = (at) => high * Math.exp((at - area.left) * span);

    back.replaceChildren();
    for (const tick of logTicks(low, high, x, 44)) {
      drawing("line", { class: "grid", x1: x(tick), x2: x(tick), y1: top, y2: bottom }, back);
      drawing("text", { class: "tick", x: x(tick), y: bottom + 16, "text-anchor": "middle" }, back, plain(tick));
    }
    drawing("line", { class: "axis", x1: area.left, x2: area.right, y1: bottom, y2: bottom }, back);
    drawing("text", { class: "title", x: (area.left + area.right) / 2, y: bottom + 34, "text-anchor": "middle" }, back,
      "noise level σ (sampling runs left to right)");
    drawing("text", { class: "title", transform: `translate(14,${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
      back, `${data.unit} per log σ`);
    const row = (y, title, kind) => {
      drawing("text", { class: `tick ${kind}`, x: area.left - 14, y: y + 4, "text-anchor": "end" }, back, title);
      if (kind !== "hidden")
        drawing("line", { class: `wire ${kind}`, x1: area.left, x2: area.right, y1: y, y2: y }, back);
    };
    row(RAIL.row, "Yours", "strong");
    for (const end of [area.left, area.right])
      drawing("rect", { class: "end", x: end - 3, y: RAIL.row - 9, width: 6, height: 18 }, back);
    others.replaceChildren();
    data.others.forEach((one, k) => {
      const y = RAIL.row + 26 + k * pitch;
      row(y, one.title, one.sigmas.length ? "" : "hidden");
      if (!one.sigmas.length)
        drawing("text", { class: "tick hidden", x: area.left + 8, y: y + 4 }, others, "shown once you have guessed");
      for (const level of one.sigmas)
        drawing("path", { class: "mark", d: symbolPath(one.symbol, 6), fill: one.color,
          transform: `translate(${x(level).toFixed(2)},${y})` }, others);
    });
    drawnCeiling = 0;
    match(shapes, levels.length - 1, "path", { class: "patch" }, patches);
    match(lines, levels.length - 2, "line", { class: "drop" }, patches);
    match(prices, levels.length - 1, "text", { class: "tick note" }, notes);
    match(names, levels.length - 2, "text", { class: "tick", "text-anchor": "middle" }, front);
  }

  function axis() {
    if (drawnCeiling === ceiling) return;
    drawnCeiling = ceiling;
    scaleY.replaceChildren();
    const y = linear(0, ceiling, area.bottom, area.top);
    for (const tick of linearTicks(0, ceiling, 4)) {
      drawing("line", { class: "grid", x1: area.left, x2: area.right, y1: y(tick), y2: y(tick) }, scaleY);
      drawing("text", { class: "tick", x: area.left - 6, y: y(tick) + 4, "text-anchor": "end" }, scaleY, plain(tick, 3));
    }
  }

  // One frame -> whether the scale is still on its way. While a level is held the scale only grows.
  function draw(levels, steps, { active, grabbed, now }) {
    const wanted = roof(Math.max(...steps.map((step) => Math.max(...step.height))));
    aim = grabbed ? Math.max(aim, wanted) : wanted;
    const rate = still() || !ceiling ? 1 : 1 - Math.exp(-Math.min(50, now - last) / 70);
    ceiling = ceiling ? ceiling * (aim / ceiling) ** rate : aim;
    if (Math.abs(ceiling / aim - 1) < 0.004) ceiling = aim;
    last = now;
    axis();
    const y = linear(0, ceiling, area.bottom, area.top), few = levels.length <= 13;
    const places = levels.map(x);
    steps.forEach((step, k) => {
      const tops = step.height.map((height) => Math.max(area.top - 8, y(height)));
      const path = step.sigma.map((level, i) => `${x(level).toFixed(1)},${tops[i].toFixed(1)}`).join("L");
      shapes[k].setAttribute("d", `M${path}L${places[k + 1].toFixed(1)},${area.bottom}Z`);
      const beside = active !== null && (k === active || k === active - 1);
      shapes[k].classList.toggle("beside", beside);
      const peak = tops.indexOf(Math.min(...tops)), label = prices[k], text = brief(step.price);
      const seen = area.bottom - tops[peak] > 5, wide = places[k + 1] - places[k] > 34;
      label.style.display = beside || (few && wide && seen) ? "" : "none";
      const half = text.length * 3.6;
      fill(label, { x: clamp(x(step.sigma[peak]) - half, area.left + half, area.right - half).toFixed(1),
        y: Math.max(area.top + 6, tops[peak] - 5).toFixed(1), "text-anchor": "middle" });
      if (label.textContent !== text) label.textContent = text;
    });
    lines.forEach((line, at) => {
      const place = places[at + 1].toFixed(1);
      fill(line, { x1: place, x2: place, y1: RAIL.row, y2: area.bottom });
      line.classList.toggle("beside", active === at + 1);
    });
    names.forEach((name, at) => {
      const k = at + 1, mine = active === k, apart = (other) => Math.abs(places[k] - places[other]) > 38;
      const free = (active === null || apart(active)) && (k === 1 || apart(k - 1)) && (k === levels.length - 2 || apart(k + 1));
      name.style.display = mine || free ? "" : "none";
      name.classList.toggle("strong", mine);
      fill(name, { x: places[k].toFixed(1), y: 13 });
      const text = plain(levels[k], 3);
      if (name.textContent !== text) name.textContent = text;
    });
    return ceiling !== aim;
  }
  // Where there is room for something small: high noise costs next to nothing.
  function corner() {
    const { left, top } = svg.getBoundingClientRect();
    const size = Math.min(150, 0.45 * (area.right - area.left), area.bottom - area.top - 20);
    return { left: left + area.left + 6, top: top + area.top + 2, width: size, height: size };
  }
  return {
    rebuild, draw, corner, row: RAIL.row,
    x: (level) => x(level), sigma: (place) => sigma(place), get bottom() { return area ? area.bottom : 0; },
  };
}
