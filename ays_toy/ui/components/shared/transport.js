// A transport bar for anything that is scrubbed: Restart, Previous, Play or Pause, Next, a range, a speed, a label.
//
// transport(root, { count, what, label, onChange, interval_ms, follow, position, stops, speeds }) ->
//   { setCount, setPosition, play, position, playing, following, pace_ms, destroy }
// label(k) says position k in words. onChange(k, settled) hears of every move; settled is true once it has come to
// rest: on release, on a button, on pause and at the end of a playback. With `follow` the position stays at the newest
// while things are added, until somebody goes back, and again once they return to it.
//
// With `stops()`, which tells rising positions, the position is any number: it glides between them while playing, and
// Previous, Next and the keys lead from one to the next, as playing does where motion is to be reduced.

const GLYPHS = {
  Restart: "M4 3h2v10H4zM13 3v10L6.5 8z",
  Previous: "M11.5 3v10L4 8z",
  Play: "M4 2.5v11L13.5 8z",
  Pause: "M4 3h3v10H4zM9 3h3v10H9z",
  Next: "M4.5 3v10L12 8z",
};
const SCRUBBING_KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
const SPEEDS = [0.5, 1, 2], LONGEST_FRAME = 100, SHORTEST_STOP = 250, FINE = 0.1;  // milliseconds, a share of a step
const TAPPING = 250;  // milliseconds after which a key counts as let go, so that quick taps are one scrub

function transport(root, options) {
  const { what, label, onChange, interval_ms = () => 500, follow = false, stops = null } = options;
  let count = 0, position = 0, speed = 1, timer = null, following = follow, held = false, settling = null;

  const bar = node("div", { class: "transport", role: "group", "aria-label": `Playback: ${what}` }, root);
  const buttons = node("div", { class: "buttons" }, bar);
  const button = (name, act) => {
    const made = node("button", { type: "button" }, buttons);
    drawing("path", {}, drawing("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, made));
    made.addEventListener("click", act);
    face(made, name);
    return made;
  };
  const face = (made, name) => {
    made.querySelector("path").setAttribute("d", GLYPHS[name]);
    made.setAttribute("aria-label", name);
    made.title = name;
  };
  const restart = button("Restart", () => jump(0));
  const previous = button("Previous", () => { pause(false); jump(beside(-1)); });
  const play = button("Play", () => toggle());
  const next = button("Next", () => { pause(false); jump(beside(1)); });
  const range = node("input", { type: "range", min: 0, step: stops ? "any" : 1, "aria-label": what }, bar);
  const pace = node("select", { "aria-label": "Speed", title: "Speed" }, bar);
  for (const factor of options.speeds || SPEEDS) node("option", { value: factor }, pace, `${factor}×`);
  pace.value = "1";
  const words = node("div", { class: "words", "aria-live": "polite" }, bar);

  const last = () => Math.max(0, count - 1);
  const pace_ms = () => interval_ms(count) / speed;
  const beside = (way) => {
    if (!stops) return position + way;
    const beyond = stops().filter((stop) => (stop - position) * way > 1e-6);
    return beyond.length ? beyond.at(way > 0 ? 0 : -1) : position;
  };
  const show = () => {
    const text = label(position);
    if (words.textContent !== text) words.textContent = text;
    range.max = last();
    range.value = position;
    range.disabled = count < 2;
    range.setAttribute("aria-valuetext", text);
    range.style.setProperty("--share", count > 1 ? position / last() : 0);
    play.disabled = restart.disabled = count < 2;
    // aria-disabled rather than disabled, which would take the keyboard's focus away at either end.
    previous.setAttribute("aria-disabled", position <= 0);
    next.setAttribute("aria-disabled", position >= last());
  };
  const place = (k, settled) => {
    position = Math.min(Math.max(0, k), last());
    following = follow && position === last();
    show();
    onChange(position, settled);
  };
  const jump = (k) => place(k, timer === null);
  const pause = (settled = true) => {
    if (timer === null) return;
    timer();
    timer = null;
    face(play, "Play");
    words.setAttribute("aria-live", "polite");
    if (settled) onChange(position, true);
  };
  // `timer` gives up what is awaited.
  const tick = () => {
    const wait = stops ? Math.max(SHORTEST_STOP, (beside(1) - position) * pace_ms()) : pace_ms();
    const awaited = setTimeout(() => {
      place(beside(1), false);
      if (position >= last()) pause(); else tick();
    }, wait);
    timer = () => clearTimeout(awaited);
  };
  const glide = (from) => {
    const awaited = requestAnimationFrame((now) => {
      place(position + clamp(now - from, 0, LONGEST_FRAME) / pace_ms(), false);
      if (position >= last()) pause(); else glide(now);
    });
    timer = () => cancelAnimationFrame(awaited);
  };
  const toggle = () => {
    if (timer !== null) return pause();
    if (count < 2) return undefined;
    words.setAttribute("aria-live", "off");
    face(play, "Pause");
    if (position >= last()) place(0, false);
    return stops && !still() ? glide(performance.now()) : tick();
  };

  range.addEventListener("input", () => { pause(false); place(Number(range.value), false); });
  // Chromium reports a change at every step of a held key; Python is to hear of the last one.
  range.addEventListener("change", () => { if (!held) place(Number(range.value), true); });
  range.addEventListener("keydown", (event) => {
    if (!SCRUBBING_KEYS.includes(event.key)) return;
    clearTimeout(settling);
    held = true;
    if (!stops) return;
    event.preventDefault();
    pause(false);
    const way = ["ArrowRight", "ArrowUp", "PageUp"].includes(event.key) ? 1 : -1;
    if (event.key === "Home" || event.key === "End") place(event.key === "Home" ? 0 : last(), false);
    else place(event.shiftKey ? position + way * FINE : beside(way), false);
  });
  const release = () => {
    clearTimeout(settling);
    if (held) place(position, timer === null);
    held = false;
  };
  range.addEventListener("keyup", (event) => {
    if (!held || !SCRUBBING_KEYS.includes(event.key)) return;
    clearTimeout(settling);
    settling = setTimeout(release, TAPPING);
  });
  range.addEventListener("blur", release);
  bar.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target !== range) return;  // buttons and the select take the key themselves
    event.preventDefault();
    if (!event.repeat) toggle();
  });
  pace.addEventListener("change", () => { speed = Number(pace.value); });

  const setCount = (value, { rewind = false } = {}) => {
    if (stops && count > 1) position *= (value - 1) / (count - 1);  // as far on its way as it was
    count = value;
    if (rewind) {
      clearTimeout(settling);
      held = false;
      pause(false);
      following = follow;
    }
    position = follow && following && timer === null ? last() : Math.min(position, last());
    show();
  };
  setCount(options.count);
  if (options.position !== undefined && options.position !== null) {
    position = Math.min(Math.max(0, options.position), last());
    following = follow && position === last();
    show();
  }
  return {
    setCount,
    setPosition: (k, settled = true) => { pause(false); place(k, settled); },
    play: () => { if (timer === null) toggle(); },
    get position() { return position; },
    get playing() { return timer !== null; },
    get following() { return following; },
    get pace_ms() { return pace_ms(); },
    destroy: () => {
      timer?.();
      clearTimeout(settling);
      bar.remove();
    },
  };
}
