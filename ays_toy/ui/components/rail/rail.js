// The rail: noise levels that one drags, over KLUB as area, priced anew in every frame while they move.
//
// data: see RailData.payload in rail.py. State `move`: { levels, version, table, model }: the inner levels where they came
// to rest, the version of Python's levels that they began as, and the ids of the table and the model that the browser holds.

const GAP = 4, REACH = { mouse: 14, pen: 20, touch: 26 };  // pixels: between levels, and from which one is grabbed
const STRIDES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: -10, PageDown: 10 };  // of 2 %
const TAPPING = 300, GLIDE = 240;  // milliseconds: until a key counts as let go, and of a change made elsewhere

function railBoard(component) {
  const root = node("div", { class: "player board" }, component.parentElement);
  const head = node("div", { class: "head" }, root);
  const score = scoreboard(head);
  const svg = drawing("svg", { role: "group", "aria-label": "Noise levels, from high to low" }, root);
  const spoken = node("div", { class: "spoken", "aria-live": "polite" }, root);
  const picture = railPicture(svg), samples = livePicture(root, () => picture.corner());
  let { data } = component, tell = component.setStateValue;
  let price = null, held = null;  // the table's pricing, and its id
  let levels = [], version = null, settled = "";
  let width = 0, grabbed = null, active = null, settling = null, glide = null, frame = null, stirred = false, knobs = [];

  // --- drawing -------------------------------------------------------------------------------------------------
  const ask = () => { frame ??= requestAnimationFrame(paint); };
  const inner = () => levels.slice(1, -1).map((sigma) => Number(sigma.toPrecision(4)));
  const words = (klub, gap) => `${data.title} ${figures(klub)} ${data.unit}, ${times(gap)} the best possible`;

  function paint(now) {
    frame = null;
    if (!width || !price) return;
    const share = glide ? Math.min(1, (now - glide.began) / GLIDE) : 1, eased = 1 - (1 - share) ** 3;
    const shown = share < 1 ? levels.map((sigma, k) => glide.from[k] ** (1 - eased) * sigma ** eased) : levels;
    if (share === 1) glide = null;
    const steps = price.steps(shown), klub = total(steps);
    const gap = Math.max(1, klub / data.table.least[levels.length - 2]);
    const moving = picture.draw(shown, steps, { active, grabbed: grabbed !== null, now });
    score.show(klub, gap, levels.length - 1);
    knobs.forEach((knob, at) => {
      const k = at + 1, x = picture.x(shown[k]).toFixed(2);
      fill(knob, {
        transform: `translate(${x},${picture.row})`, "aria-valuenow": plain(shown[k]),
        "aria-valuemin": plain(shown[k + 1]), "aria-valuemax": plain(shown[k - 1]),
        "aria-valuetext": `σ = ${plain(shown[k])}, ${words(klub, gap)}`,
      });
      knob.classList.toggle("held", grabbed?.k === k);
    });
    if (stirred) samples.move(levels);
    stirred = false;
    if (glide || moving) ask();
  }

  function rebuild() {
    const count = Math.max(0, levels.length - 2);
    while (knobs.length > count) knobs.pop().remove();
    while (knobs.length < count) knobs.push(makeKnob(knobs.length + 1));
    const r = levels.length <= 15 ? 9 : levels.length <= 25 ? 7 : 5.5;
    knobs.forEach((knob, at) => {
      knob.setAttribute("aria-label", `Noise level ${at + 1} of ${levels.length - 1}`);
      knob.querySelector(".dot").setAttribute("r", r);
      knob.querySelector(".ring").setAttribute("r", r + 4);
    });
    picture.rebuild(data, width, levels);
    ask();
  }

  function makeKnob(k) {
    const knob = drawing("g", { class: "knob", role: "slider", tabindex: 0, "aria-orientation": "horizontal" }, svg);
    drawing("circle", { class: "ring" }, knob);
    drawing("circle", { class: "dot" }, knob);
    knob.addEventListener("focus", () => { active = k; ask(); });
    knob.addEventListener("blur", () => { if (active === k) active = null; release(); ask(); });
    knob.addEventListener("keydown", (event) => press(event, k));
    knob.addEventListener("keyup", (event) => { if (settling !== null && event.key !== "Shift") settle(); });
    return knob;
  }

  // --- moving --------------------------------------------------------------------------------------------------
  function moveTo(k, x) {
    const left = picture.x(levels[k - 1]) + GAP, right = picture.x(levels[k + 1]) - GAP;
    if (left > right) return;  // its neighbors are too near for it to move between them
    glide = null;
    levels[k] = picture.sigma(clamp(x, left, right));
    stirred = true;
    ask();
  }

  function commit() {
    const rested = inner(), text = JSON.stringify(rested);
    levels = [levels[0], ...rested, levels.at(-1)];
    stirred = false;
    ask();
    samples.rest(levels, text === settled ? null : rested);
    if (text === settled) return;
    settled = text;
    const steps = price.steps(levels), klub = total(steps);
    spoken.textContent = words(klub, Math.max(1, klub / data.table.least[rested.length]));
    tell("move", { levels: rested, version, table: held, model: samples.held });
  }
  const settle = () => { clearTimeout(settling); settling = setTimeout(release, TAPPING); };
  function release() {
    if (settling === null) return;
    clearTimeout(settling);
    settling = null;
    commit();
  }
  const forget = () => {
    clearTimeout(settling);
    settling = null;
    if (grabbed && svg.hasPointerCapture(grabbed.pointer)) svg.releasePointerCapture(grabbed.pointer);
    grabbed = null;
  };

  function add(x) {
    if (data.fixed) return;
    const sigma = picture.sigma(x), k = levels.findIndex((level) => level < sigma);
    const near = [levels[k - 1], levels[k]].some((level) => Math.abs(picture.x(level) - x) < GAP);
    if (k < 1 || near || levels.length - 2 >= data.most) return;
    levels = [...levels.slice(0, k), sigma, ...levels.slice(k)];
    change(k);
  }
  function remove(k) {
    if (data.fixed || levels.length <= 3) return;
    levels = levels.filter((_, at) => at !== k);
    change(Math.min(k, levels.length - 2));
  }
  function change(k) {
    glide = null;
    rebuild();
    knobs[k - 1].focus({ preventScroll: true });
    commit();
  }

  function press(event, k) {
    const stride = STRIDES[event.key], x = picture.x(levels[k]);
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (stride) moveTo(k, picture.x(levels[k] * 1.02 ** -(event.shiftKey ? stride / 10 : stride)));
    else if (event.key === "Home" || event.key === "End") moveTo(k, event.key === "Home" ? -Infinity : Infinity);
    else if (event.key === "Escape" && grabbed) { moveTo(k, grabbed.before); forget(); commit(); }
    else if (event.key === "Delete" || event.key === "Backspace") remove(k);
    else return;
    event.preventDefault();
    event.stopPropagation();  // Streamlit has shortcuts of its own
    if (picture.x(levels[k] ?? 0) !== x && !grabbed && (stride || event.key === "Home" || event.key === "End")) settle();
  }

  // --- pointers ------------------------------------------------------------------------------------------------
  const at = (event) => placeIn(svg, event);
  function nearest(event) {
    const [x, y] = at(event);
    if (!price || y > picture.bottom) return null;
    let best = null, least = REACH[event.pointerType] ?? REACH.mouse;
    for (let k = 1; k < levels.length - 1; k += 1) {
      const distance = Math.abs(picture.x(levels[k]) - x);
      if (distance < least) [best, least] = [k, distance];
    }
    return best;
  }
  svg.addEventListener("pointerdown", (event) => {
    const k = event.button === 0 && !grabbed ? nearest(event) : null;
    if (k === null) return;
    event.preventDefault();
    release();
    grabbed = { k, pointer: event.pointerId, from: event.clientX, before: picture.x(levels[k]) };
    svg.setPointerCapture(event.pointerId);
    knobs[k - 1].focus({ preventScroll: true });
    ask();
  });
  svg.addEventListener("pointermove", (event) => {
    // By how far it has come: to ask where the figure is would lay out the page at every move.
    if (grabbed?.pointer === event.pointerId) moveTo(grabbed.k, grabbed.before + event.clientX - grabbed.from);
    else svg.classList.toggle("near", nearest(event) !== null);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    svg.addEventListener(name, (event) => {
      if (grabbed?.pointer !== event.pointerId) return;
      if (event.type === "pointercancel") moveTo(grabbed.k, grabbed.before);  // the finger scrolls the page
      grabbed = null;
      commit();
    });
  svg.addEventListener("dblclick", (event) => {
    const [x, y] = at(event);
    if (price && y <= picture.bottom && nearest(event) === null) add(x);
  });

  // --- Python's side -------------------------------------------------------------------------------------------
  function adopt(sigmas) {
    const same = levels.length === sigmas.length && levels[0] === sigmas[0] && levels.at(-1) === sigmas.at(-1);
    forget();
    samples.hide();
    glide = same && !still() ? { from: levels, began: performance.now() } : null;
    [levels, version] = [[...sigmas], data.version];
    settled = JSON.stringify(inner());
  }

  const observer = watchWidth(root, (now) => { width = now; rebuild(); });

  return {
    update({ data: latest, setStateValue }) {
      [data, tell] = [latest, setStateValue];
      const { table } = data;
      if (table.differences && table.id !== held) {
        price = pricing({ ...table, differences: numbers(table.differences, Float32Array) });
        held = table.id;
      }
      if (data.version !== version) adopt(data.sigmas);
      samples.update(data.live);
      if (table.id !== held) price = null;
      if (!price || samples.lacks()) {  // the browser has lost them, or has others: say so
        tell("move", { levels: inner(), version, table: price && held, model: samples.held });
      }
      score.name(data);
      if (width) rebuild();
    },
    destroy() {
      observer.disconnect();
      samples.destroy();
      cancelAnimationFrame(frame);
      clearTimeout(settling);
      root.remove();
    },
  };
}

export default (component) => mount(component, railBoard);
