// The drawing pad: a distribution drawn with mouse, finger, pen or keys; Python hears of it when the brush is lifted.
//
// data: see PadData.payload in draw.py. State `drawing`: { strokes, version, deed }: all strokes, the version of Python's
// drawing that they began from, and what tells this drawing from those before.

const TOLERANCE = 0.7, MOST_CORNERS = 400, MOST_UNDO = 100;  // of a stroke, in lattice units; of the history
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STRIDE = 12, FINE = 3, PAUSE = 500;  // lattice units a key moves; milliseconds until the place is spoken
const SIGNS = {
  Draw: "M2.5 13.5l.7-3L11 2.7a1.2 1.2 0 0 1 1.7 0l.6.6a1.2 1.2 0 0 1 0 1.7l-7.8 7.8z",
  Erase: "M9.5 2.5l4.5 4.5-6.5 6.5H4L2 11.5v-1.5zM7 13.5h7v-1.2H8.2z",
  Undo: "M6.5 3L2 7l4.5 4V8.3c3.3 0 5.3 1 6.7 3.7 0-3.7-2-6.3-6.7-6.3z",
  Redo: "M9.5 3L14 7l-4.5 4V8.3c-3.3 0-5.3 1-6.7 3.7 0-3.7 2-6.3 6.7-6.3z",
  Clear: "M3 4h10v1.3H3zM6 2.5h4V4H6zM4 6h8l-.6 8H4.6z",
};

function drawingPad(component) {
  const root = node("div", { class: "player pad" }, component.parentElement);
  let { data } = component, tell = component.setStateValue;
  let strokes = [], version = null, undone = [], done = [];  // all that stands; histories of arrays of strokes
  let current = null, pointer = null, place = null, at = [data.lattice / 2, data.lattice / 2], focused = false;
  let size = 0, frame = null, stale = true, pausing = null, erasing = false;

  // --- tools -----------------------------------------------------------------------------------------------------
  const tools = node("div", { class: "tools", role: "group", "aria-label": "Drawing tools" }, root);
  const buttons = node("div", { class: "buttons" }, tools);
  const button = (name, act) => {
    const made = node("button", { type: "button", "aria-label": name, title: name }, buttons);
    drawing("path", { d: SIGNS[name] }, drawing("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, made));
    made.addEventListener("click", act);
    return made;
  };
  const pen = button("Draw", () => choose(false)), eraser = button("Erase", () => choose(true));
  const back = button("Undo", () => undo()), forth = button("Redo", () => redo());
  const clear = button("Clear", () => { if (strokes.length) change([], "The pad is empty."); });
  const labelled = (title, tag, attributes) => {
    const label = node("label", {}, tools);
    node("span", {}, label, title);
    return node(tag, { "aria-label": title, ...attributes }, label);
  };
  const brush = labelled("Brush", "input", { type: "range", min: data.brush[0], max: data.brush[1], step: 2, value: 18 });
  const ink = labelled("Ink", "select", {});
  data.strengths.forEach((share, k) => node("option", { value: k }, ink, `${100 * share} %`));
  ink.value = data.strengths.length - 1;
  const symmetry = labelled("Symmetry", "select", {});
  data.symmetries.forEach(({ name, title }) => node("option", { value: name }, symmetry, title));
  for (const control of [brush, symmetry]) control.addEventListener("input", () => ask());

  // --- paper -----------------------------------------------------------------------------------------------------
  const paper = node("canvas", {
    class: "paper", tabindex: 0, role: "application", "aria-roledescription": "drawing pad",
    "aria-label": "Drawing pad: arrow keys move the brush, with Shift in small steps; Space puts it down and lifts it; "
      + "Escape gives the stroke up; Control Z undoes",
  }, root);
  const status = node("div", { class: "status", "aria-live": "polite" }, root);
  const spoken = node("div", { class: "spoken", "aria-live": "polite" }, root);
  const finished = document.createElement("canvas"), layer = document.createElement("canvas");
  const samples = padSamples(root, tools, paper);
  const matrices = (name) => data.symmetries.find((one) => one.name === name).matrices;
  const lay = (context, stroke) =>
    paintStroke(context, stroke, matrices(stroke.symmetry), data.strengths, data.lattice);
  const ask = () => { frame ??= requestAnimationFrame(paint); };

  function paint() {
    frame = null;
    if (!size) return;
    const side = Math.round(size * window.devicePixelRatio);
    for (const canvas of [paper, finished, layer])
      if (canvas.width !== side) { canvas.width = canvas.height = side; stale = true; }
    if (stale) {
      const context = finished.getContext("2d");
      context.clearRect(0, 0, side, side);
      for (const stroke of strokes) lay(context, stroke);
      stale = false;
    }
    const over = layer.getContext("2d"), context = paper.getContext("2d");
    over.clearRect(0, 0, side, side);
    over.drawImage(finished, 0, 0);
    if (current) lay(over, { ...current, path: current.path.flat() });
    context.fillStyle = PAPER;
    context.fillRect(0, 0, side, side);
    context.drawImage(layer, 0, 0);
    context.save();
    context.scale(side / size, side / size);
    paintGuides(context, matrices(symmetry.value), size);
    const shown = place ?? (focused ? at : null), scale = size / data.lattice;
    if (shown)
      paintBrush(context, (shown[0] + 0.5) * scale, (shown[1] + 0.5) * scale, (brush.value * scale) / 2, current, erasing);
    context.restore();
  }

  // --- strokes ---------------------------------------------------------------------------------------------------
  function begin(x, y, erase) {
    if (strokes.length >= data.most) {
      status.textContent = `At most ${data.most} strokes: undo some, or clear the pad.`;
      return;
    }
    const [width, strength] = [Number(brush.value), Number(ink.value)];
    current = { path: [[x, y]], brush: width, strength, symmetry: symmetry.value, erase };
    follow();
    ask();
  }
  const follow = () => samples.move([...strokes, { ...current, path: current.path.flat() }]);
  function finish() {
    if (!current) return;
    let tolerance = TOLERANCE, path = corners(current.path, tolerance);
    while (path.length > MOST_CORNERS) path = corners(current.path, tolerance *= 1.5);
    path = path.map((corner) => corner.map((value) => clamp(Math.round(value), 0, data.lattice - 1)));
    path = path.filter(([x, y], k) => !k || x !== path[k - 1][0] || y !== path[k - 1][1]);
    const stroke = { ...current, path: path.flat() };
    current = null;
    change([...strokes, stroke], stroke.erase ? "Erased." : `Stroke ${strokes.length + 1} drawn.`);
  }
  const giveUp = () => { current = null; pointer = null; samples.hide(); ask(); };

  function change(next, words, history = true) {
    if (history) {
      done = [...done, strokes].slice(-MOST_UNDO);
      undone = [];
    }
    strokes = next;
    stale = true;
    spoken.textContent = words;
    const deed = Date.now();
    tell("drawing", { strokes, version, deed });
    samples.rest(strokes, deed);
    face();
    ask();
  }
  function undo() {
    if (current) return giveUp();
    if (!done.length && !strokes.length) return undefined;
    undone = [...undone, strokes];
    return change(done.length ? done.pop() : strokes.slice(0, -1), "Undone.", false);  // beyond history: stroke by stroke
  }
  function redo() {
    if (!undone.length) return;
    done = [...done, strokes];
    change(undone.pop(), "Redone.", false);
  }
  function choose(erase) {
    erasing = erase;
    face();
    ask();
  }
  function face() {
    pen.setAttribute("aria-pressed", !erasing);
    eraser.setAttribute("aria-pressed", erasing);
    back.setAttribute("aria-disabled", !done.length && !strokes.length);
    forth.setAttribute("aria-disabled", !undone.length);
    clear.setAttribute("aria-disabled", !strokes.length);
  }

  // --- pointers --------------------------------------------------------------------------------------------------
  const where = (event) => {
    const box = paper.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top].map((value) => (value / box.width) * data.lattice - 0.5);
  };
  paper.addEventListener("pointerdown", (event) => {
    if (pointer !== null || (event.button !== 0 && event.button !== 5)) return;  // 5: a pen's other end
    finish();
    pointer = event.pointerId;
    paper.setPointerCapture(pointer);
    place = where(event);
    begin(...place, erasing || event.button === 5);
  });
  paper.addEventListener("pointermove", (event) => {
    if (pointer !== null && event.pointerId !== pointer) return;
    place = where(event);
    if (pointer !== null && current) {
      const between = event.getCoalescedEvents?.() ?? [];
      current.path.push(...(between.length ? between : [event]).map(where));
      follow();
    }
    ask();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    paper.addEventListener(name, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      if (event.pointerType === "touch") place = null;
      finish();
    });
  paper.addEventListener("pointerleave", () => { place = null; ask(); });

  // --- keys ------------------------------------------------------------------------------------------------------
  function move([dx, dy], stride) {
    at = [at[0] + dx * stride, at[1] + dy * stride].map((value) => clamp(value, 0, data.lattice - 1));
    place = null;
    if (current && pointer === null) {
      current.path.push(at);
      follow();
    }
    clearTimeout(pausing);
    pausing = setTimeout(() => { spoken.textContent = spot(); }, PAUSE);
    ask();
  }
  const percent = (value) => Math.round((100 * value) / (data.lattice - 1));
  const spot = () => `${current ? "Brush down" : "Brush up"}, ${percent(at[0])} % across, ${percent(at[1])} % down.`;
  paper.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (KEYS[event.key]) move(KEYS[event.key], event.shiftKey ? FINE : STRIDE);
    else if (event.key === " " || event.key === "Enter") {
      if (event.repeat || pointer !== null) return;
      if (current) finish();
      else { place = null; begin(...at, erasing); spoken.textContent = spot(); }
    } else if (event.key === "Escape" && current) { giveUp(); spoken.textContent = "Stroke given up."; } else return;
    event.preventDefault();
    event.stopPropagation();  // Streamlit has shortcuts of its own
  });
  root.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "y" || (key === "z" && event.shiftKey)) redo();
    else if (key === "z") undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  paper.addEventListener("focus", () => { focused = paper.matches(":focus-visible"); ask(); });
  paper.addEventListener("blur", () => { focused = false; if (pointer === null) finish(); ask(); });

  const observer = new ResizeObserver(() => {
    size = paper.clientWidth;
    ask();
  });
  observer.observe(paper);

  return {
    update({ data: latest, setStateValue }) {
      [data, tell] = [latest, setStateValue];
      if (data.version !== version) {
        version = data.version;
        [strokes, done, undone, current, stale] = [data.strokes, [], [], null, true];
      }
      status.textContent = data.words;
      paper.setAttribute("aria-description", data.words);  // what is seen, where the label says what can be done
      samples.update(data);
      face();
      ask();
    },
    destroy() {
      observer.disconnect();
      samples.destroy();
      cancelAnimationFrame(frame);
      clearTimeout(pausing);
      root.remove();
    },
  };
}

export default (component) => mount(component, drawingPad);
