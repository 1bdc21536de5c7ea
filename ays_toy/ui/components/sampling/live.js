// A picture that is drawn in the browser while something moves, over one panel of a figure that stands elsewhere on the
// page, or in a corner of its own while that panel is out of sight. It lies there until the figure shows what it came to,
// and says so by its layout's `meta`.

const ENOUGH = 2000, PATIENCE = 24;  // points of a picture while it moves; milliseconds after which fewer will do
const RESTING = 150, FORGOTTEN = 30000;  // milliseconds: a hand that pauses, and a figure that is not come or not seen

const SAMPLES = new Intl.NumberFormat("en-US");  // dear to make
const samplesSaid = (points) => `${SAMPLES.format(points)} samples, live`;

/** Draw shades [bins * bins] in the setting's colors. */
function paintShades(canvas, { bins, colors }, image) {
  if (canvas.width !== bins) fill(canvas, { width: bins, height: bins });
  canvas.getContext("2d").putImageData(new ImageData(pixels(image, colors), bins, bins), 0, 0);
}

/** Draw what was counted of so many points; of all that the setting wants, or fewer. */
function paintDensity(canvas, setting, counts, points, top = setting.top) {
  const blur = BLUR * (setting.points / points) ** (1 / 6);  // few points are smoothed more, as for any density
  paintShades(canvas, setting, shades(counts, points, top, blur));
  fill(canvas, { "data-painted": 1 + Number(canvas.dataset.painted ?? 0), "data-points": points });
}

/** Where a panel of a figure is, or nothing while it is made: the latest figure within the element of a key, a subplot's number from 1. */
function panelOf({ within, panel }) {
  const figure = [...document.querySelectorAll(`.st-key-${within} .js-plotly-plot`)].at(-1);
  const axes = panel > 1 ? panel : "";
  const image = figure?.querySelector(`.subplot.x${axes}y${axes} .heatmaplayer image`);
  const lines = figure?.querySelectorAll(`.annotation[data-index="${panel - 1}"] tspan.line`) ?? [];
  const notes = [...lines].slice(1).map((one) => one.getBoundingClientRect());
  const frame = image?.getBoundingClientRect();
  return frame?.width ? { figure, frame, notes } : null;
}

/** Whether most of a panel can be seen: it is neither below the window, as on a phone, nor scrolled out sidewards. */
function inSight({ top, bottom, left, right, height }, around) {
  const box = around.getBoundingClientRect();
  const upright = top > 0 && bottom - 0.4 * height < window.innerHeight;
  return upright && left > box.left - 1 && right < box.right + 1;
}

/**
 * @param {HTMLElement} root positioned; the picture is its child
 * @param {() => {left: number, top: number, width: number, height: number, words?: Object}} [corner] in the window's
 *   pixels, and where its words are, if not below it; without one there is no picture while its panel is out of sight
 */
function livePicture(root, corner = null) {
  const box = node("div", { class: "live", hidden: "" }, root);
  const canvas = node("canvas", { role: "img", hidden: "" }, box), words = node("div", { class: "live-words" }, box);
  const worker = sampler(show, hide);
  let setting = null, known = "", watched = null;  // what is drawn, as text, and the figure's container
  let drawing = false, over = false, asked = "", awaited = null;  // levels, as text; what the figure will say
  let pause = null, end = null, said = "";  // said: what is seen, before the number of its samples
  let placed = false;  // since the page last changed

  const watcher = new MutationObserver(() => { placed = false; arrived(); });
  function arrived() {
    if (awaited && !box.hidden && !over) place();  // it may have stood nowhere while it was made
    const meta = awaited && panelOf(setting)?.figure.layout?.meta;
    if (meta && JSON.stringify(meta) === awaited && over) hide();
  }

  function place() {
    const found = setting && panelOf(setting), origin = root.getBoundingClientRect();
    const around = found?.figure.closest(`.st-key-${setting.within}`), { frame, notes } = found ?? {};
    if (!found && awaited && watched) return true;  // the figure is being made anew: the picture stays where it is
    over = Boolean(found) && inSight(frame, around);
    if (!setting || (!over && !corner)) return false;
    const at = over ? frame : corner(), below = { top: at.top + at.height, left: at.left, width: at.width, height: 16 };
    const put = (element, { left, top, width, height }) => Object.assign(element.style, {
      left: `${left - origin.left}px`, top: `${top - origin.top}px`, width: `${width}px`, height: `${height}px`,
    });
    put(canvas, at);
    const top = Math.min(...notes?.map((one) => one.top) ?? []), bottom = Math.max(...notes?.map((one) => one.bottom) ?? []);
    put(words, over && notes.length ? { ...below, top, height: bottom - top } : at.words ?? below);
    words.hidden = over && !notes.length;
    if (around && watched !== around) {
      watcher.disconnect();
      watcher.observe(around, { subtree: true, childList: true, attributeFilter: ["href", "xlink:href"] });
      watched = around;
    }
    placed = true;
    return true;
  }

  function show({ points, counts, top = setting?.top }) {
    if (drawing && !placed && place()) arrived();  // the figure may have been faster
    if (!drawing || !(placed || place())) return;
    if (!points) {
      box.hidden = true;
      return;
    }
    paintDensity(canvas, setting, counts, points, top);
    words.textContent = `${said}${samplesSaid(points)}`;
    canvas.setAttribute("aria-label", `${setting.title} as it moves, ${words.textContent}`);
    canvas.hidden = false;
    box.hidden = false;
  }

  function ask(levels, moving) {
    const text = JSON.stringify(levels);
    if (text === asked) return;
    asked = text;
    const { solver, seed, points, half, bins, model: { id, drawing: what } } = setting;
    const from = what ? { drawing: { ...what, moving } } : { model: id, half };
    worker.ask({ ...from, solver, seed, sigmas: levels, points, enough: ENOUGH, patience: PATIENCE, bins });
  }

  const ready = () => Boolean(setting && worker.knows(setting.model));
  function hide() {
    clearTimeout(pause);
    clearTimeout(end);
    if (drawing) worker.drop();
    [drawing, asked, awaited, placed] = [false, "", null, false];
    box.hidden = canvas.hidden = true;
  }
  /** Whether there is something to draw that the worker can draw; else nothing is seen. */
  function can(wanted = true) {
    if (wanted && ready()) return true;
    hide();
    return false;
  }
  // A figure that is still to come shows other levels: it stays covered while it is in sight.
  function forget() {
    arrived();
    if (awaited && over && panelOf(setting)) end = setTimeout(forget, FORGOTTEN); else hide();
  }
  /** Draw on, or wait, until the figure says `meta`, or for good where that is null. */
  function until(meta) {
    [drawing, awaited] = [true, meta && JSON.stringify(meta)];
    clearTimeout(pause);
    clearTimeout(end);
    if (meta) end = setTimeout(forget, FORGOTTEN);
  }
  function follow() {
    placed = false;
    if (box.hidden) return;
    if (place()) arrived(); else hide();
  }
  window.addEventListener("scroll", follow, true);
  window.addEventListener("resize", follow);

  return {
    /** What is drawn, of Live in sampling/__init__.py, or null: nothing. */
    update(latest) {
      const mark = JSON.stringify({ ...latest, model: latest?.model.id });
      if (mark !== known) hide();
      known = mark;
      setting = latest && { ...latest, colors: numbers(latest.colors, Uint8Array) };
      ready();
    },
    /** Another drawing is what the samples come from: `strokes` by the rules of a model that is drawn. */
    draws(strokes) {
      if (!setting?.model.drawing) return;
      const { rules = setting.model.drawing } = setting.model.drawing;
      setting = { ...setting, model: { ...setting.model, drawing: { rules, strokes } } };
      asked = "";
    },
    /** Say what is seen before the number of its samples. */
    say(what) { said = what ? `${what}: ` : ""; },
    /**
     * The levels are being moved. Where motion is not wanted the picture follows when they pause. `meta`, where it is
     * known, is what the figure will say once it shows them.
     */
    move(levels, meta = null) {
      if (!can()) return;
      until(meta);
      if (still()) pause = setTimeout(ask, RESTING, [...levels], false); else ask([...levels], true);
    },
    /** They have come to rest, and the figure will say that it shows them by `meta`; null: it shows them already. */
    rest(levels, meta) {
      if (!can(meta !== null)) return;
      until(meta);
      ask([...levels], false);
      arrived();
    },
    /** There is nothing to draw yet: what is seen stays, with `why` below it, until the figure says `meta`. */
    wait(why, meta) {
      if (!can()) return;
      worker.drop();
      until(meta);
      [drawing, asked] = [false, ""];
      words.textContent = why;
      canvas.setAttribute("aria-label", `${setting.title}: ${why}`);
      box.hidden = !place();
    },
    /** Whether the worker must be sent the model once more. */
    lacks: () => Boolean(setting && worker.lacks(setting.model)),
    hide,
    get held() { return worker.held; },
    destroy() {
      hide();
      watcher.disconnect();
      window.removeEventListener("scroll", follow, true);
      window.removeEventListener("resize", follow);
      worker.stop();
    },
  };
}
