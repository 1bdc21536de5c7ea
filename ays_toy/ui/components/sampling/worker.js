// A worker that samples: the one place where all the parts meet. It is told of a model once, { model }, and asked for
// pictures, { ask }; it answers { ask: number, points, all, picture } after a few points and again with more, until a
// newer request makes an older one pointless.

const CHUNK = 250;  // points that are carried down together
const MOVING = 4000;  // points whose walks are kept for the next request, which shares most of them
const PAUSE = 120;  // milliseconds between the pictures that follow the first one

const models = new Map();  // id -> Denoiser
let latest = null;  // the request that stands
let walks = { like: "", steps: [], noise: [] };  // of the first points, chunk by chunk
let drawn = { before: "", paper: null, strokes: "", made: null };  // the paper up to the last stroke, and with it

/** Bytes in base64 as an array of numbers, little-endian as all machines are. */
const numbers = (text, Type) => new Type(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);

/** The weights of a network as it is sent. @returns {Network} */
function network({ layers, modulations, last }) {
  const layer = ({ weight, bias }) => ({ weight: numbers(weight, Float32Array), bias: numbers(bias, Float32Array) });
  return { layers: layers.map(layer), modulations: modulations.map(layer), last: layer(last) };
}

/** A model as it is sent, see sampling/__init__.py, as a denoiser. @returns {Denoiser} */
function denoiser(model) {
  if (model.network) return networkDenoiser(network(model.network));
  const { means, stds, weights } = model.mixture, doubles = (text) => numbers(text, Float64Array);
  return mixtureDenoiser({ means: doubles(means), stds: doubles(stds), weights: doubles(weights) }, model.half);
}

const channel = new MessageChannel(), waiting = [];
channel.port1.onmessage = () => waiting.shift()();
/** Let messages in that have come meanwhile. */
const breath = () => new Promise((resolve) => { waiting.push(resolve); channel.port2.postMessage(0); });

/** The last states of one chunk of points, their walk taken over as far as it is known. */
function samples(request, denoise, first, size) {
  const { solver, seed, sigmas } = request, k = first / CHUNK, kept = first < MOVING;
  const drawn = (kept && walks.noise[k]) || [];
  const noise = (step) => (drawn[step] ??= normals(seed, step, first, size));
  const steps = walk(denoise, solver, sigmas, noise, kept ? walks.steps[k] : []);
  if (kept) [walks.noise[k], walks.steps[k]] = [drawn, steps];
  return steps.at(-1).after;
}

/**
 * What is drawn at this moment, as its strokes say: they are all sent, and those before the last were laid already.
 * @returns {{denoise: Denoiser, half: number, top: number} | null} null where there is no ink
 */
function sourceOf({ rules, strokes }, bins, lowest) {
  const before = JSON.stringify([rules, strokes.slice(0, -1)]), all = JSON.stringify([rules, strokes]);
  if (drawn.before !== before) drawn = { before, paper: inkOf(strokes.slice(0, -1), rules), strokes: "", made: null };
  if (drawn.strokes === all) return drawn.made;
  const found = mixtureOf(inkOf(strokes.slice(-1), rules, drawn.paper), rules);
  [drawn.strokes, drawn.made] = [all, null];
  if (!found) return null;
  const { mixture, half } = found, counts = new Uint32Array(bins * bins), blur = (lowest * bins) / (2 * half);
  count(counts, mixture.means, edges(half, bins));
  const masses = Float64Array.from(counts, (one) => one / rules.count);
  const top = brightest(blurred(blurred(masses, bins, bins, 1, blur), bins, 1, bins, blur));
  return (drawn.made = { denoise: mixtureDenoiser(mixture, half), half, top });
}

/**
 * @param {{number: number, model: string, drawing?: {rules: Rules, strokes: Stroke[]}, solver: string, seed: number, sigmas: number[], points: number, enough:
 *   number, patience: number, half: number, bins: number, top: number, colors: Uint8Array}} request the first picture
 *   comes after `enough` points, or as many as there are after `patience` milliseconds; the last after all `points`
 */
async function draw(request) {
  const { number, points, enough, patience, bins, drawing } = request;
  const source = drawing ? sourceOf(drawing, bins, request.sigmas.at(-1)) : { ...request, denoise: models.get(request.model) };
  if (!source) return self.postMessage({ ask: number, points: 0, all: true, picture: null });
  const { denoise, half, top } = source, like = JSON.stringify([drawing ?? request.model, request.solver, request.seed]);
  if (walks.like !== like) walks = { like, steps: [], noise: [] };
  const counts = new Uint32Array(bins * bins), lines = edges(half, bins);
  let shown = 0, wanted = performance.now() + patience, rested = performance.now();
  for (let first = 0; first < points;) {
    const size = Math.min(CHUNK, points - first);
    count(counts, samples(request, denoise, first, size), lines);
    first += size;
    const now = performance.now();
    if (first >= points || now > wanted || (!shown && first >= enough)) {
      const blur = BLUR * (points / first) ** (1 / 6);  // fewer points are smoothed more, as for any estimate of a density
      const picture = pixels(shades(counts, first, top, blur), request.colors);
      self.postMessage({ ask: number, points: first, all: first >= points, picture }, [picture.buffer]);
      [shown, wanted] = [first, performance.now() + PAUSE];
    } else if (now - rested < 15) continue;
    await breath();
    if (latest !== request) return;
    rested = performance.now();
  }
}

/** Paths of several schedules, told when all are there: see flowPaths. */
async function carry(request) {
  const next = flowPaths(models.get(request.model), request.flow), paths = [];
  for (let k = 0; k < request.flow.schedules.length; k += 1) {
    paths.push(next(k));
    await breath();
    if (latest !== request) return;
  }
  self.postMessage({ ask: request.number, paths });
}

self.onmessage = ({ data }) => {
  if (data.model) models.set(data.model.id, denoiser(data.model));
  if (data.ask === undefined) return;
  latest = data.ask;  // null where a page has given up
  if (latest) (latest.flow ? carry : draw)(latest).catch((error) => setTimeout(() => { throw error; }));  // so that the page hears of it
};
