// A row of pictures of what has just been chosen, over the whole of a figure that shows something else still: the data
// and the samples of every schedule, in the figure's own places, until it has come to the same.

const BETWEEN_PANELS = 0.012, TITLE_ROOM = 32, NOTE_ROOM = 15, TITLE = 15;  // as figures/density.py has them
const NARROW = 800;  // pixels, below which words are smaller

/**
 * @param {HTMLElement} root positioned; the row is its child
 * @param {() => HTMLElement | undefined} figure the one that the row lies over
 */
function pictureRow(root, figure) {
  const box = node("div", { class: "live-row", hidden: "" }, root), sheet = node("div", {}, box);
  let cells = [], setting = null, around = null, over = null;  // the figure's container, and the figure

  function cell() {
    const words = node("div", { class: "row-words" }, sheet), canvas = node("canvas", { role: "img" }, sheet);
    const name = node("div", { class: "row-name" }, words), mark = node("span", { "aria-hidden": "true" }, name, "■ ");
    const title = node("b", {}, name), note = node("div", { class: "row-note" }, words);
    const made = { words, canvas, asked: "", say(text) {
      note.textContent = text;
      canvas.setAttribute("aria-label", `${title.textContent}: ${text}`);
    } };
    const worker = sampler(({ points, counts }) => {
      if (!made.asked || !points) return;
      paintDensity(canvas, setting, counts, points);
      made.say(samplesSaid(points));
    }, hide);
    return Object.assign(made, {
      worker,
      name(look, color) {
        title.textContent = look;
        mark.style.color = color;
      },
      blank() {
        worker.drop();
        made.asked = "";
        canvas.removeAttribute("data-points");
        fill(canvas, { width: 1, height: 1 });
      },
    });
  }

  /** Where the figure has its panels, as far as it is there; else everything stays where it was. */
  function place() {
    const drawn = figure(), size = drawn?._fullLayout?._size;
    if (!size || !setting) return;
    const holder = drawn.closest("[class*=st-key-panels_box]") ?? drawn, seen = holder.getBoundingClientRect();
    const whole = drawn.getBoundingClientRect(), origin = root.getBoundingClientRect(), count = cells.length;
    const type = (drawn.layout.annotations?.[0]?.font?.size ?? TITLE) / TITLE;  // larger where it is presented
    put(box, seen.left - origin.left, seen.top - origin.top, seen.width, seen.height);
    put(sheet, whole.left - seen.left, whole.top - seen.top, whole.width, whole.height);
    sheet.style.fontFamily = drawn._fullLayout.font.family;
    box.classList.toggle("small", holder.clientWidth <= NARROW);
    box.style.setProperty("--type", type);
    box.style.setProperty("--notes", (size.t / type - TITLE_ROOM) / NOTE_ROOM);
    const wide = (size.w * (1 - BETWEEN_PANELS * (count - 1))) / count, side = Math.min(wide, size.h);
    const top = size.t + (size.h - side) / 2;
    cells.forEach(({ words, canvas }, k) => {
      const left = size.l + k * (wide + BETWEEN_PANELS * size.w);
      put(canvas, left + (wide - side) / 2, top, side, side);
      put(words, left, 0, wide, top - 2);
    });
    if (drawn !== over) {  // one that has just come is laid out once more
      over?.removeListener?.("plotly_afterplot", moved);
      over = drawn;
      over.on?.("plotly_afterplot", moved);
    }
    if (holder === around) return;
    around = holder;
    sizes.disconnect();
    sizes.observe(holder);
  }
  const put = (element, left, top, width, height) => Object.assign(element.style,
    { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  const moved = () => { if (!box.hidden) place(); };
  const sizes = new ResizeObserver(moved);
  window.addEventListener("scroll", moved, true);
  window.addEventListener("resize", moved);

  function hide() {
    if (box.hidden) return;
    box.hidden = true;
    for (const one of cells) one.blank();
  }

  return {
    /** What is drawn: Following.payload, or null. */
    update(latest) {
      for (const one of cells) one.blank();
      const { live, view, data } = latest ?? {};
      setting = latest && { ...live, colors: numbers(live.colors, Uint8Array), view, data };
      const count = latest ? 1 + latest.panels.length + latest.yours.length : 0;
      while (cells.length > count) {
        const { worker, words, canvas } = cells.pop();
        worker.stop();
        words.remove();
        canvas.remove();
      }
      while (cells.length < count) cells.push(cell());
      if (!latest || !cells[0].worker.knows(setting.model)) box.hidden = true;
    },
    /** Show samples of schedules { title, color, levels }, searched for where they have no levels. */
    show(schedules) {
      if (!setting || !cells[0].worker.knows(setting.model)) return;
      const [data, ...rest] = cells, { solver, seed, points, half, bins, model: { id: model } } = setting;
      if (data.asked !== setting.view) {
        data.asked = box.dataset.view = setting.view;
        data.name(setting.data.title, setting.data.color);
        paintShades(data.canvas, setting, numbers(setting.data.shades, Uint8Array));
        fill(data.canvas, { "data-points": points });
        data.say("exact density");
      }
      rest.forEach((one, k) => {
        const { title, color, levels } = schedules[k], asked = JSON.stringify(levels ?? null);
        one.name(title, color);
        if (one.asked === asked) return;
        if (!levels) {
          one.blank();
          one.say("searching …");
          return;
        }
        if (!one.asked) one.say("…");
        one.asked = asked;
        one.worker.ask({ model, half, solver, seed, sigmas: levels, points, enough: ENOUGH, patience: PATIENCE, bins });
      });
      box.hidden = false;
      place();
    },
    hide,
    place,
    get shown() { return !box.hidden; },
    destroy() {
      sizes.disconnect();
      over?.removeListener?.("plotly_afterplot", moved);
      window.removeEventListener("scroll", moved, true);
      window.removeEventListener("resize", moved);
      for (const { worker } of cells) worker.stop();
      box.remove();
    },
  };
}
