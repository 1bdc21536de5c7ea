// The flow player: the same noise under several schedules, carried to the data side by side, one path to follow.
//
// data: see FlowData.payload in flow.py. State `follow`: { path, table, deed }: the path, from 1 and 0 for none, and the
// id of the table that the browser holds. State `place`: { at, deed }: where somebody brought it to rest, from 0 to 1.
// `deed` counts what is told, so that the same can be told again.

const NARROWEST = 210, BETWEEN = 14;  // pixels: panels, the gap between them
const AROUND = 345;  // pixels of a window's height that the panels leave for the rest
const SLOW = [0.25, 0.5, 1, 2];
const TELLING = 350;  // milliseconds after which a number typed is told
let opened = false;  // played once by itself, as long as the tab lives

function flowPlayer(component) {
  const root = node("div", { class: "player flow" }, component.parentElement);
  const row = node("div", { class: "panels" }, root);
  let { data } = component, tell = component.setStateValue;
  let sent = null, table = null, panels = [], align = null, path = null, told = null, given = null;
  let width = 0, frame = null, telling = null, colors = null, painted = 0, deed = 0;
  let rested = null, toldPlace = null, givenPlace = null, touched = false;

  // --- where every panel is ------------------------------------------------------------------------------------
  const steps = () => table.panels[0].sigmas.length - 1;
  const geometric = (high, low, share) => high * (low / high) ** share;
  // The noise level of a schedule at a position from 0 to the number of steps.
  function sigmaOf({ sigmas }, at, how = align) {
    const n = sigmas.length - 1, k = clamp(Math.floor(at), 0, n - 1);
    return how === "step" ? geometric(sigmas[k], sigmas[k + 1], at - k) : geometric(sigmas[0], sigmas[n], at / n);
  }
  function positionOf(sigma) {
    const { sigmas } = table.panels[0], n = sigmas.length - 1;
    return (n * Math.log(sigmas[0] / sigma)) / Math.log(sigmas[0] / sigmas[n]);
  }
  // Where playing rests: every step, or every level of any schedule.
  function stops() {
    if (!table) return [];
    if (align === "step") return Array.from({ length: steps() + 1 }, (_, k) => k);
    const all = table.panels.flatMap(({ sigmas }) => sigmas.map(positionOf)).sort((a, b) => a - b);
    return all.filter((at, k) => !k || at - all[k - 1] > 1e-4);
  }
  function label(at) {
    if (!table) return "";
    if (align === "noise") return `Noise level σ = ${plain(sigmaOf(table.panels[0], at), 3)} in every panel`;
    const whole = Math.round(at), n = steps();
    if (Math.abs(at - whole) > 1e-6) return `Step ${Math.ceil(at)} of ${n}, under way`;
    return whole ? `After step ${whole} of ${n}` : "Start: pure noise, the same in every panel";
  }
  // After another alignment the panels' noise levels are, on geometric average, what they were.
  function realign(how) {
    const mean = (at, by) => table.panels.reduce((sum, one) => sum + Math.log(sigmaOf(one, at, by)), 0);
    const wanted = mean(bar.position, align);
    let [low, high] = [0, steps()];
    for (let k = 0; k < 40; k += 1) {
      const middle = (low + high) / 2;
      if (mean(middle, how) > wanted) low = middle; else high = middle;
    }
    align = how;
    const whole = Math.round(high);
    bar.setPosition(Math.abs(high - whole) < 1e-6 ? whole : high);
  }

  const bar = transport(root, {
    count: 1, what: "progress from noise to data", label, stops, speeds: SLOW,
    interval_ms: () => clamp(800, 5000 / steps(), 16000 / steps()),
    onChange(at, settled) {
      ask(settled);
      if (settled && touched) rest(at);
    },
  });
  for (const kind of ["pointerdown", "keydown", "input", "click"])
    root.querySelector(".transport").addEventListener(kind, () => { touched = true; }, true);
  const choice = node("div", { class: "choice" }, root), name = node("label", {}, choice, "Follow path ");
  const number = node("input", { type: "number", min: 0, step: 1, inputmode: "numeric" }, name);
  const hint = node("span", { class: "hint" }, choice);

  // --- its place ------------------------------------------------------------------------------------------------
  const DIGITS = 1e4;
  function rest(at) {
    const share = Math.round((DIGITS * at) / steps()) / DIGITS;
    if (share === rested) return;
    toldPlace = rested = share;
    tell("place", { at: share, deed: deed += 1 });
  }
  // What the page says, unless it is older than what was just told; nothing there: from the start.
  function adoptPlace(wanted) {
    const news = wanted !== givenPlace && toldPlace === null;
    givenPlace = wanted;
    if (toldPlace === wanted) toldPlace = null;
    if (!news) return;
    const at = (wanted ?? 0) * steps(), whole = Math.round(at);
    rested = wanted;
    bar.setPosition(Math.abs(at - whole) < steps() / DIGITS ? whole : at, false);
    rests = true;
    opened = true;
  }

  // --- drawing -------------------------------------------------------------------------------------------------
  let rests = true;
  const ask = (settled) => {
    rests = settled;
    frame ??= requestAnimationFrame(paint);
  };
  function paint() {
    frame = null;
    if (!table || !width) return;
    const look = { path, targets: data.targets, colors, still: rests };
    table.panels.forEach((one, k) => panels[k].paint(sigmaOf(one, bar.position), look));
    root.dataset.painted = painted += 1;
  }
  function lay() {
    if (!table || !width) return;
    const count = table.panels.length, one = (width - BETWEEN * (count - 1)) / count;
    const rows = one >= NARROWEST ? 1 : 2, high = Math.max(NARROWEST, (window.innerHeight - AROUND) / rows);
    const side = Math.floor(Math.min(rows === 1 ? one : (width - BETWEEN) / 2, high));
    row.style.maxWidth = rows === 1 ? "" : `${2 * side + BETWEEN}px`;
    while (panels.length > count) panels.pop().remove();
    while (panels.length < count) panels.push(flowPanel(row, pick));
    panels.forEach((panel, k) => panel.lay(table.panels[k], table, side));
    cancelAnimationFrame(frame);
    rests = !bar.playing;
    paint();  // at once, or a canvas of another size would be empty for a frame
  }

  // --- moved by sliders ----------------------------------------------------------------------------------------
  const live = liveFlow((moved) => {
    if (!sent) return;
    table = moved ? { ...sent, panels: sent.panels.map((one, k) => ({ ...one, ...moved[k], unit: 1 })) } : sent;
    bar.setCount(steps() + 1);
    lay();
  });

  // --- following -----------------------------------------------------------------------------------------------
  const fixed = (what) => data.fixed.includes(what);
  function pick(at) { if (at !== null && !fixed("follow")) choose(at, true); }
  const held = () => (sent ? sent.id : null), holding = () => ({ table: held(), live: live.held });
  function choose(at, now) {
    path = at;
    number.value = at === null ? 0 : at + 1;
    ask(true);
    clearTimeout(telling);
    telling = setTimeout(() => { tell("follow", { path: told = at === null ? 0 : at + 1, ...holding(), deed: deed += 1 }); }, now ? 0 : TELLING);
  }
  number.addEventListener("input", () => {
    const wanted = Math.round(Number(number.value));
    if (number.value === "" || !(wanted >= 0 && wanted <= table.count)) return;
    choose(wanted ? wanted - 1 : null, false);
  });
  number.addEventListener("blur", () => { number.value = path === null ? 0 : path + 1; });
  number.addEventListener("keydown", (event) => event.stopPropagation());  // Streamlit has shortcuts of its own

  // --- Python's side -------------------------------------------------------------------------------------------
  const shorts = (text) => numbers(text, Int16Array);
  function decode(sent) {
    const walk = (one) => ({
      ...one, unit: sent.unit, states: shorts(one.states), targets: one.targets && shorts(one.targets),
    });
    const { bins, sigmas, shades } = sent.density, all = numbers(shades, Uint8Array);
    const pictures = sigmas.map((_, k) => greyPicture(all.subarray(k * bins * bins, (k + 1) * bins * bins)));
    return { ...sent, panels: sent.panels.map(walk), reference: walk(sent.reference), density: { sigmas, pictures } };
  }
  function adoptFollow(wanted) {
    if (wanted === given) return;
    given = wanted;
    if (told !== null && told !== wanted) return;  // something older than what was just told
    told = null;
    path = wanted ? wanted - 1 : null;
    if (document.activeElement !== number) number.value = wanted;
  }

  const observer = watchWidth(root, (now) => { width = now; lay(); });

  return {
    update({ data: latest, setStateValue }) {
      [data, tell] = [latest, setStateValue];
      const style = getComputedStyle(root), theme = (one) => style.getPropertyValue(`--st-${one}`).trim();
      const text = theme("text-color") || "#222", paper = theme("background-color") || "#fff";
      colors = { text, paper, future: `color-mix(in srgb, ${text} 45%, ${paper})`, reference: data.reference };
      if (data.table.panels && data.table.id !== held()) {
        table = sent = decode(data.table);
        live.settle();
        align ??= data.align;
        bar.setCount(steps() + 1);
        number.max = table.count;
      }
      adoptFollow(data.follow);
      live.update(data.live, data.standing, data.targets);
      const lost = data.table.id !== held() || (data.live && data.live.id !== live.held);
      if (lost) tell("follow", { path: data.follow, ...holding(), deed });
      if (!table) return;
      root.classList.toggle("fixed", fixed("place"));
      choice.classList.toggle("fixed", fixed("follow"));
      hint.textContent = fixed("follow") ? "" : `of ${table.count.toLocaleString("en-US")}, 0 for none; or click a particle. `;
      hint.textContent += "Bold: its past; thin: its future; a mark at every step; dashed: many small steps from the same noise.";
      if (align !== data.align) {
        touched &&= data.place === givenPlace;  // a place that comes with another alignment is in that one
        realign(data.align);
      }
      adoptPlace(data.place);
      lay();
      if (!opened && !still()) bar.play();
      else if (fixed("place") && data.place === null && !bar.playing) bar.setPosition(steps(), false);
      opened = true;
    },
    destroy() {
      observer.disconnect();
      cancelAnimationFrame(frame);
      clearTimeout(telling);
      live.destroy();
      bar.destroy();
      root.remove();
    },
  };
}

export default (component) => mount(component, flowPlayer);
