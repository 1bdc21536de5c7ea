// A prediction: marks that are moved along an axis, or a curve that is drawn, by mouse, finger or keyboard.
//
// data: see payload in predict/__init__.py. State `drawing`: { values, set }: every mark's value, and whether a hand has
// set it. A curve's points that no hand has set lie on straight lines between those that one has.

const APART = 2, FINE = 0.1;  // pixels between marks; how much finer a stride is with Shift
const ALONG = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 5, PageDown: -5 };
const UPWARD = { ArrowDown: -1, ArrowUp: 1, PageUp: 5, PageDown: -5 };
const PART = 0.02;  // of the axis, a stride of the keyboard where places are not whole numbers
const RESTING = 350;  // milliseconds after the last key until Python is told

function predictBoard(component) {
  const root = node("div", { class: "player board" }, component.parentElement);
  const how = node("p", { class: "how" }, root);
  const figure = node("figure", {}, root);
  const svg = drawing("svg", { role: "group" }, figure);
  const legend = node("div", { class: "legend" }, root);
  const picture = predictPicture(svg);
  let { data } = component, tell = component.setStateValue;
  let id = null, values = [], set = [], knobs = [], width = 0, held = null, resting = null, told = "";

  const curve = () => data.kind === "curve", shut = () => Boolean(data.truth);
  const begun = () => set.filter(Boolean).length >= (curve() ? Math.min(2, set.length) : 1);
  const along = () => (curve() ? data.y : data.x);
  const place = () => (curve() ? picture.y : picture.x), value = () => (curve() ? picture.atY : picture.atX);

  // --- what is drawn -------------------------------------------------------------------------------------------
  // Marks spread evenly, a curve at half its height.
  function begin() {
    const { start, end, log } = along(), share = (k) => (curve() ? 0.5 : (k + 1) / (data.marks + 1));
    values = Array.from({ length: data.marks }, (_, k) =>
      rounded(log ? start * (end / start) ** share(k) : start + (end - start) * share(k)));
    set = values.map(() => false);
  }
  const rounded = (v) => (along().whole && !curve() ? Math.round(v) : Number(v.toPrecision(4)));

  function put(k, at) {
    const { start, end } = along(), [from, to] = [place()(start), place()(end)];
    let [low, high] = [Math.min(from, to), Math.max(from, to)];
    if (!curve()) {
      if (k > 0) low = Math.max(low, picture.x(values[k - 1]) + APART);
      if (k < values.length - 1) high = Math.min(high, picture.x(values[k + 1]) - APART);
    }
    const [least, most] = [Math.min(start, end), Math.max(start, end)];
    values[k] = clamp(rounded(value()(clamp(at, low, Math.max(low, high)))), least, most);
    set[k] = true;
    if (curve()) follow();
    paint();
  }

  // Points that no hand has set: on a line between their neighbors that one has, level beyond the outermost.
  function follow() {
    const hands = set.flatMap((by, k) => (by ? [k] : []));
    values.forEach((_, k) => {
      if (set[k]) return;
      const left = hands.filter((j) => j < k).at(-1) ?? hands[0], right = hands.find((j) => j > k) ?? hands.at(-1);
      const share = right === left ? 0 : (k - left) / (right - left);
      values[k] = rounded(picture.atY(picture.y(values[left]) * (1 - share) + picture.y(values[right]) * share));
    });
  }

  function paint() {
    if (!width) return;
    picture.draw(data, values, begun());
    knobs.forEach((knob, k) => {
      const [x, y] = picture.at(data, values, k), { start, end } = along();
      fill(knob, {
        transform: `translate(${x.toFixed(1)},${y.toFixed(1)})`, "aria-valuenow": plain(values[k]),
        "aria-valuemin": plain(Math.min(start, end)), "aria-valuemax": plain(Math.max(start, end)),
        "aria-valuetext": `${along().title} ${plain(values[k])}${set[k] || shut() ? "" : ", not placed yet"}`,
      });
      knob.classList.toggle("waiting", !shut() && !set[k] && !(curve() && begun()));
      knob.classList.toggle("held", held?.k === k);
    });
  }

  function rebuild() {
    while (knobs.length > data.marks) knobs.pop().remove();
    while (knobs.length < data.marks) knobs.push(makeKnob(knobs.length));
    picture.rebuild(data, width);
    svg.classList.toggle("open", !shut());
    svg.classList.toggle("shut", shut());
    svg.classList.toggle("curve", curve());
    const listed = (some) => some.map((v) => plain(v)).join(", ");
    svg.setAttribute("aria-label", shut() ? `Yours: ${listed(values)}. True: ${listed(data.truth)}.` : data.words);
    how.textContent = shut() ? "" : data.how;
    legend.replaceChildren();
    if (shut()) {
      node("span", { class: "drawn" }, legend, `Yours: ${listed(values)}`);
      node("span", { class: "truth" }, legend, `True: ${listed(data.truth)}`);
      node("b", {}, legend, `Distance: ${data.distance}`);
    }
    knobs.forEach((knob, k) => {
      const name = curve() ? `${data.x.title} ${plain(data.places[k])}` : data.marks === 1 ? "Your mark" : `Mark ${k + 1} of ${data.marks}`;
      fill(knob, { "aria-label": name, "aria-orientation": curve() ? "vertical" : "horizontal", "aria-disabled": shut(),
        tabindex: shut() ? -1 : 0 });
      fill(knob.querySelector(".dot"), { r: curve() && data.marks > 10 ? 5 : 7 });
      fill(knob.querySelector(".ring"), { r: 11 });
    });
    paint();
  }

  function makeKnob(k) {
    const knob = drawing("g", { class: "knob", role: "slider" }, svg);
    drawing("circle", { class: "ring" }, knob);
    drawing("circle", { class: "dot" }, knob);
    knob.addEventListener("keydown", (event) => press(event, k));
    knob.addEventListener("blur", rest);
    return knob;
  }

  // --- keys ----------------------------------------------------------------------------------------------------
  function press(event, k) {
    if (shut() || event.ctrlKey || event.altKey || event.metaKey) return;
    const { start, end, whole } = along(), scale = place(), sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (curve() && sideways) knobs[clamp(k + sideways, 0, knobs.length - 1)].focus();
    else if (event.key === "Home" || event.key === "End") put(k, scale(event.key === "Home" ? start : end));
    else {
      const strides = (curve() ? UPWARD : ALONG)[event.key];
      if (!strides) return;
      const least = whole && !curve() ? 1 / Math.abs(end - start) : PART * (event.shiftKey ? FINE : 1);
      put(k, scale(values[k]) + strides * least * (scale(end) - scale(start)));
    }
    event.preventDefault();
    event.stopPropagation();  // Streamlit has shortcuts of its own
    clearTimeout(resting);
    resting = setTimeout(rest, RESTING);
  }
  function rest() {
    clearTimeout(resting);
    const text = JSON.stringify([values, set]);
    if (shut() || !begun() || text === told) return;
    told = text;
    tell("drawing", { id, values, set });
  }

  // --- pointers ------------------------------------------------------------------------------------------------
  const where = (event) => placeIn(svg, event);
  const nearest = (x) => {
    const apart = values.map((_, k) => Math.abs(picture.at(data, values, k)[0] - x));
    return apart.indexOf(Math.min(...apart));
  };
  // A curve takes on every place that the hand has come past since the last event.
  function sweep([fromX, fromY], [toX, toY]) {
    data.places.forEach((one, k) => {
      const x = picture.x(one), share = (x - fromX) / (toX - fromX || 1);
      if (x >= Math.min(fromX, toX) && x <= Math.max(fromX, toX)) put(k, fromY + share * (toY - fromY));
    });
    put(nearest(toX), toY);
  }
  svg.addEventListener("pointerdown", (event) => {
    if (shut() || event.button !== 0 || held) return;
    event.preventDefault();
    const at = where(event), k = nearest(at[0]);
    held = { k, pointer: event.pointerId, at, values: [...values], set: [...set] };
    svg.setPointerCapture(event.pointerId);
    knobs[k].focus({ preventScroll: true });
    put(k, at[curve() ? 1 : 0]);
  });
  svg.addEventListener("pointermove", (event) => {
    if (held?.pointer !== event.pointerId) return;
    const at = where(event);
    if (curve()) sweep(held.at, at);
    else put(held.k, at[0]);
    held.at = at;
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    svg.addEventListener(name, (event) => {
      if (held?.pointer !== event.pointerId) return;
      if (event.type === "pointercancel") ({ values, set } = held);  // the finger scrolls the page
      held = null;
      paint();
      rest();
    });

  const observer = watchWidth(root, (now) => { width = now; rebuild(); });

  return {
    update({ data: latest, setStateValue }) {
      [data, tell] = [latest, setStateValue];
      if (data.id !== id) {
        id = data.id;
        told = "";
        held = null;
        begin();
        if (data.drawing) [values, set] = [[...data.drawing.values], [...data.drawing.set]];
      }
      if (shut() && data.drawn) values = [...data.drawn];
      if (width) rebuild();
    },
    destroy() {
      observer.disconnect();
      clearTimeout(resting);
      root.remove();
    },
  };
}

export default (component) => mount(component, predictBoard);
