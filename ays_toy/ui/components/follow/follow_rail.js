// The rail as it follows the sliders: every schedule's levels, and its KLUB as area, drawn over the figure that
// ays_toy/figures/levels.py makes, in its places and colors, until that figure has come to the same.

const DASHES = { solid: "", dot: "3 3", dash: "9 3", longdash: "15 3", dashdot: "9 3 3 3", longdashdot: "15 3 6 3" };
const CEILING = 1.08, CUT = 8;  // the top of the area: all of the best, and others up to so many times as high

/** The places of a figure of the rail, in pixels of its own. */
function railPlaces(figure) {
  const { _size: { l, t, w, h }, font, yaxis2 } = figure._fullLayout, { xaxis, yaxis, yaxis2: area } = figure.layout;
  const [high, low] = xaxis.range, up = ([from, to]) => ({ bottom: t + h * (1 - from), top: t + h * (1 - to) });
  const box = figure.getBoundingClientRect(), found = (name) => figure.querySelector(name)?.getBoundingClientRect();
  const title = figure.querySelector(".g-y2title text"), row = found(".yaxislayer-above .ytick text");
  const item = found(".legend .legendtext"), look = title && getComputedStyle(title);
  return {
    box, font, left: l, right: l + w, rows: up(yaxis.domain), area: up(area.domain), grid: yaxis2.gridcolor,
    x: (sigma) => l + (w * (Math.log10(sigma) - high)) / (low - high),
    color: look?.fill ?? font.color, title: { text: area.title?.text ?? "", size: parseFloat(look?.fontSize ?? font.size) },
    names: row ? row.right - box.left : l - 4,
    legend: item ? { x: item.left - box.left, y: item.top - box.top + item.height / 2 } : { x: l + 48, y: t + 0.4 * h },
  };
}

function movingRail(root) {
  const svg = drawing("svg", { class: "live-rail", "aria-hidden": "true", style: "display: none" }, root);
  let price = null, table, watched = null, awaited = null, end = null, pause = null, within = "";
  const rail = () => [...document.querySelectorAll(`.st-key-${within} .js-plotly-plot`)].at(-1);
  const said = () => JSON.stringify(rail()?.layout?.meta ?? null);
  const watcher = new MutationObserver(() => { if (awaited && said() === awaited) hide(); });

  function hide() {
    clearTimeout(end);
    clearTimeout(pause);
    svg.style.display = "none";
    awaited = null;
  }

  function forget() {  // as of a picture
    if (rail() && said() !== awaited) end = setTimeout(forget, FORGOTTEN); else hide();
  }

  function draw(schedules) {
    const figure = rail();
    if (!figure?._fullLayout?._size || !figure.querySelector(".subplot.x2y2, .subplot.xy2")) return;
    const at = railPlaces(figure), origin = root.getBoundingClientRect(), { area, rows, left, right } = at;
    if (at.box.width <= left) return;  // it is being made
    const { width, height } = at.box, background = "var(--st-background-color)", size = at.font.size;
    svg.replaceChildren();
    fill(svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    Object.assign(svg.style, {
      display: "", left: `${at.box.left - origin.left}px`, top: `${at.box.top - origin.top}px`,
      fontFamily: at.font.family, fontSize: `${size}px`,
    });
    const words = (text, x, y, anchor = "start") => drawing("text",
      { x, y: y + 0.35 * size, "text-anchor": anchor, fill: at.color }, svg, text);
    const cover = (x, y, to, bottom) =>
      drawing("rect", { x, y, width: to - x, height: bottom - y, fill: background }, svg);
    cover(0, 0, width, area.top - 8);
    cover(0, area.top - 8, left - 1, area.bottom + 8);
    cover(left - 1, area.top - 8, width, area.bottom - 1);

    // The levels, a row for each schedule; on an axis of another range they have no place.
    const apart = (level) => at.x(level) < left || at.x(level) > right, outside = schedules.some(({ levels }) => levels?.some(apart));
    const pitch = (rows.bottom - rows.top) / (schedules.length + 0.2);
    schedules.forEach(({ title, color, dash, symbol, levels }, k) => {
      const y = rows.top + (k + 0.6) * pitch;
      words(title, at.names, y, "end");
      if (!levels || outside) return words(levels ? "…" : "searching …", left + 8, y);
      const line = { x1: at.x(levels[0]), x2: at.x(levels.at(-1)), y1: y, y2: y };
      const look = { stroke: color, "stroke-width": 1.5, "stroke-dasharray": DASHES[dash] ?? dash.replaceAll(",", " ") };
      drawing("line", { ...line, ...look }, svg);
      for (const level of levels)
        drawing("path", { class: "mark", d: symbolPath(symbol, symbol === "circle" ? 4.5 : 5.5), fill: color,
          transform: `translate(${at.x(level)},${y})` }, svg);
    });

    // What they cost, the dearest first, so that the small patches lie on top.
    const priced = schedules.filter(({ levels }) => price && levels && !outside).map((one) => {
      const steps = price.steps(one.levels);
      return { ...one, steps, klub: total(steps), top: Math.max(...steps.flatMap(({ height: heights }) => heights)) };
    }).sort((one, other) => other.klub - one.klub);
    if (!priced.length) cover(left - 1, area.top, width, area.bottom + 2);
    if (!priced.length) return words("pricing …", (left + right) / 2, (area.top + area.bottom) / 2, "middle");
    const tops = priced.map(({ top }) => top), ceiling = CEILING * Math.min(Math.max(...tops), CUT * Math.min(...tops));
    const y = linear(0, ceiling, area.bottom, area.top);
    const ticks = linearTicks(0, ceiling, 4), wide = Math.max(...ticks.map((tick) => plain(tick, 3).length));
    const aside = left - 8 - 0.56 * size * wide - 0.5 * at.title.size, turn = `rotate(-90 ${aside} ${(area.top + area.bottom) / 2})`;
    const title = words(at.title.text, aside, (area.top + area.bottom) / 2, "middle");
    fill(title, { transform: turn, "font-size": at.title.size });
    for (const tick of ticks) {
      if (tick) drawing("line", { x1: left, x2: right, y1: y(tick), y2: y(tick), stroke: at.grid }, svg);
      words(plain(tick, 3), left - 4, y(tick), "end");
    }
    const frame = drawing("svg", { x: left, y: area.top, width: right - left, height: area.bottom - area.top,
      viewBox: `${left} ${area.top} ${right - left} ${area.bottom - area.top}` }, svg);
    for (const { steps, color } of priced) {
      const patches = steps.map(({ sigma, height: heights }) =>
        `M${sigma.map((level, i) => `${at.x(level).toFixed(1)},${y(heights[i]).toFixed(1)}`).join("L")}V${area.bottom}`);
      drawing("path", { d: patches.join(""), fill: color, "fill-opacity": 0.3, stroke: color, "stroke-width": 1.5 }, frame);
    }
    priced.forEach(({ title, klub, color }, k) => {
      const line = at.legend.y + 19 * k;
      const swatch = { x: at.legend.x - 35, width: 30, fill: color };
      drawing("rect", { ...swatch, y: line - 0.75, height: 1.5 }, svg);
      drawing("rect", { ...swatch, y: line, height: 6, "fill-opacity": 0.3 }, svg);
      words(`${title}: KLUB ${plain(klub, 3)}`, at.legend.x, line);
    });
  }

  return {
    /** What is priced with, a `Table` or null: nothing yet; and where the figure is. */
    update(latest, key) {
      within = key;
      if (latest?.id === table) return;
      price = latest && pricing({ ...latest, differences: numbers(latest.differences, Float32Array) });
      table = latest?.id;
    },
    /** Schedules { title, color, dash, symbol, levels }, without levels where they are not known, till the figure says `meta`. */
    move(schedules, meta) {
      const container = document.querySelector(`.st-key-${within}`);
      if (!container) return;
      if (container !== watched) {
        watcher.disconnect();
        watcher.observe(container, { subtree: true, childList: true });
        watched = container;
      }
      awaited = JSON.stringify(meta);
      clearTimeout(end);
      clearTimeout(pause);
      end = setTimeout(forget, FORGOTTEN);
      if (still()) pause = setTimeout(draw, RESTING, schedules); else draw(schedules);
    },
    hide,
    figure: rail,
    destroy() {
      hide();
      watcher.disconnect();
      svg.remove();
    },
  };
}
