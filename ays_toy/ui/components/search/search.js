// The search player: the levels, KLUB and the output's score of every sweep, scrubbed together.
//
// data: see SearchData.payload in search.py. State `sweep`: { at, deed, model }: where the user came to rest, null while at
// the newest; `deed` counts what is told, so that the same can be told again; the id of the model that the browser holds.

const WIDE = 900;  // pixels from which the three figures stand side by side
const TALL = 282, LOW = 190, BELOW = 538;  // their height then: of a low window, what leaves room for the pictures below
const HIGH = 112, SMALL = 64, LARGE = 150, WORDS = 92;  // of the samples' corner in a figure: what is above and below

function searchPlayer(component) {
  const root = node("div", { class: "player" }, component.parentElement);
  const figures = node("div", { class: "figures" }, root);
  let before = null;  // where the bar was when a figure was pressed
  // To sweep k; null: back to where it was, since the finger has scrolled the page.
  const point = (k, settled) => {
    if (data.fixed) return;
    before ??= bar.following ? Infinity : bar.position;  // the newest, though it may be another by now
    bar.setPosition(k === null ? before : Math.min(k, data.sweeps.length - 1), settled);
    if (settled) before = null;
  };
  const levels = levelsFigure(figures, point, "reached");
  const klub = curveFigure(figures, "klub", point), score = curveFigure(figures, "score", point);
  const tip = tooltip(root), samples = livePicture(root, corner);
  for (const { figure } of [levels, klub, score]) hover(figure, tip, root);
  let { data } = component, tell = component.setStateValue, width = 0, deed = 0;
  let adopting = false, newest = null;  // the page's own move; the newest sweep whose samples were drawn
  let at = null, told, given = null, awaited = null;  // the sweep rested at; as told, as the page says, yet to come

  function say(value) {
    awaited = null;
    if (value === at) return;
    told = at = value;
    inform();
  }
  // Where nothing is drawn: KLUB has fallen long before its figure's right edge.
  function corner() {
    const { right, top, height } = klub.figure.svg.getBoundingClientRect();
    const size = clamp(height - HIGH, SMALL, LARGE), left = right - size - 16;
    const words = { left: left - WORDS, top: top + 26, width: WORDS, height: 48 };
    return { left, top: top + 26, width: size, height: size, words };
  }
  const inform = () => tell("sweep", { at, deed: deed += 1, model: samples.held });
  // The samples of a sweep that is scrubbed or played to, until the figure shows those of the one at rest.
  function follow(k, settled) {
    const sweep = data.sweeps[k], nothing = settled && bar.following && !data.rested && !data.running;
    if (!sweep || nothing) return samples.hide();
    samples.say(`sweep ${k}`);
    return settled && !(bar.following && data.running) ? samples.rest(sweep.sigmas, [k]) : samples.move(sweep.sigmas);
  }
  // What the page says, unless it is older than what was just told; the sweep may not have been reached yet.
  function adopt() {
    if (data.at !== given && told === undefined) [at, awaited] = [data.at, data.at ?? Infinity];
    given = data.at;
    if (told === given) told = undefined;
    const last = data.sweeps.length - 1;
    if (awaited === null || (awaited !== Infinity && awaited > last - (data.running ? 1 : 0))) return;
    const there = Math.min(awaited, last);
    awaited = null;
    if (there < 0 || there === bar.position) return;
    adopting = true;
    bar.setPosition(there, false);
    adopting = false;
  }
  const bar = transport(root, {
    count: data.sweeps.length,
    what: "sweep",
    follow: true,
    interval_ms: (count) => clamp(12000 / count, 80, 700),
    label: (k) => (data.sweeps[k] ? data.sweeps[k].label : "Not started"),
    onChange(k, settled) {
      root.style.setProperty("--glide", `${still() ? 0 : Math.min(220, 0.7 * bar.pace_ms)}ms`);
      if (width) for (const one of [levels, klub, score]) one.move(k);
      if (!adopting) follow(k, settled);
      if (settled) say(bar.following ? null : k);
    },
  });

  function draw() {
    if (!width) return;
    const wide = width >= WIDE, k = bar.position, gap = 12;
    root.classList.toggle("wide", wide);
    root.classList.toggle("fixed", data.fixed);
    const inner = width - gap * (wide ? 2 : 1);
    const side = clamp(window.innerHeight - BELOW, LOW, TALL);
    const [first, other, tall, low] = wide ? [0.46 * inner, 0.27 * inner, side, side] : [width, inner / 2, 270, 210];
    levels.draw(data, first, tall, k);
    klub.draw({
      title: "KLUB", unit: "nats", log: true, floor: data.floor,
      values: data.sweeps.map((sweep) => sweep.klub),
    }, data, other, low, k);
    const values = data.sweeps.map((sweep) => sweep.score), known = values.filter(Boolean).map(([value]) => value);
    const log = Math.min(...known) > 0 && Math.max(...known) / Math.min(...known) > 8;
    score.draw({ title: data.metric.title, unit: data.metric.unit, log, values }, data, other, low, k);
  }

  // While a search runs and nobody has gone back, the samples are those of its newest sweep, and rest when it does.
  function grown() {
    const latest = bar.following && data.running && data.sweeps.length ? data.sweeps.length - 1 : null;
    if (latest !== null ? latest !== newest : newest !== null) follow(bar.position, latest === null);
    newest = latest;
  }

  const observer = watchWidth(root, (now) => { width = now; draw(); });
  const begun = (one) => JSON.stringify([one.start.sigmas, one.sweeps[0]]);

  return {
    update({ data: latest, setStateValue }) {
      tell = setStateValue;
      // Another search, not more of the same: what was scrubbed to means nothing in it, and the page says so too.
      const rewind = data.sweeps.length > 0 && (latest.sweeps.length < data.sweeps.length || begun(latest) !== begun(data));
      data = latest;
      samples.update(data.live);
      bar.setCount(data.sweeps.length, { rewind });
      if (rewind) {  // and nobody is heard coming to rest
        [at, awaited, newest] = [null, null, null];
        samples.hide();
      }
      adopt();
      draw();
      if (samples.lacks()) inform();
      grown();
    },
    destroy() {
      observer.disconnect();
      samples.destroy();
      bar.destroy();
      root.remove();
    },
  };
}

export default (component) => mount(component, searchPlayer);
