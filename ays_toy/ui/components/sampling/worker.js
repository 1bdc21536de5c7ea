// A worker that samples: the one place where all the parts meet. It is told of a model once, { model }, and asked for
// its part of the points of pictures and paths, { ask }. Of a picture it answers with what has been counted since its
// last answer, after a few points and again; of paths once it has them all; until a newer request for the same picture
// makes an older one pointless, or { drop } does; with { forget } there will be none.

const CHUNK = 250;  // points that are carried down together
const MOVING = 4000;  // points whose walks are kept for the next request, which shares most of them
const PAUSE = 120, BREATH = 10;  // milliseconds between answers that follow the first one; after which messages are let in

let model = null;  // { id, denoise }
const jobs = new Map();  // number -> { picture, run, turns, seen }: what is under way of it; seen: it has answered
const walks = new Map();  // picture -> { denoise, solver, seed, steps }, the walks of its first points, chunk by chunk
let drawn = { seed: null, chunks: [] };  // noise, chunk by chunk and step by step: all pictures have the same
let sheet = { before: "", ink: null, strokes: "", made: null };  // the pad's paper up to the last stroke, and with it

/** The weights of a network as it is sent. @returns {Network} */
function network({ layers, modulations, last }) {
  const layer = ({ weight, bias }) => ({ weight: numbers(weight, Float32Array), bias: numbers(bias, Float32Array) });
  return { layers: layers.map(layer), modulations: modulations.map(layer), last: layer(last) };
}

/** A model as it is sent, see sampling/__init__.py, as a denoiser. @returns {Denoiser} */
function denoiser(sent) {
  if (sent.network) return networkDenoiser(network(sent.network));
  const { means, stds, weights } = sent.mixture, doubles = (text) => numbers(text, Float64Array);
  return mixtureDenoiser({ means: doubles(means), stds: doubles(stds), weights: doubles(weights) }, sent.half);
}

/**
 * What is drawn at this moment, as its strokes say: they are all sent, and those before the last were laid already.
 * While a stroke is `moving`, every request is another drawing, and coarser components do.
 * @param {{rules: Rules, strokes: Stroke[], moving: boolean}} drawing
 * @param {number} lowest the noise level at which its density is looked at
 * @returns {{denoise: Denoiser, half: number, top: number} | null} null where there is no ink
 */
function drawnSource({ rules, strokes, moving }, bins, lowest) {
  const before = JSON.stringify([rules, strokes.slice(0, -1)]), all = JSON.stringify([rules, strokes, moving]);
  if (sheet.before !== before) sheet = { before, ink: inkOf(strokes.slice(0, -1), rules), strokes: "", made: null };
  if (sheet.strokes === all) return sheet.made;
  const found = mixtureOf(inkOf(strokes.slice(-1), rules, sheet.ink), rules);
  [sheet.strokes, sheet.made] = [all, null];
  if (!found) return null;
  const { mixture, half } = found, counts = new Uint32Array(bins * bins), blur = (lowest * bins) / (2 * half);
  count(counts, mixture.means, edges(half, bins));
  const masses = Float64Array.from(counts, (one) => one / rules.count);
  const top = brightest(blurred(blurred(masses, bins, bins, 1, blur), bins, 1, bins, blur));
  return (sheet.made = { denoise: mixtureDenoiser(moving ? coarsened(mixture, half) : mixture, half), half, top });
}

/** The last states of one chunk of points, their walk taken over as far as it is known. */
function samples({ picture, solver, seed, sigmas }, denoise, first, size) {
  if (drawn.seed !== seed) drawn = { seed, chunks: [] };
  const k = first / CHUNK, kept = first < MOVING ? walks.get(picture).steps : [];
  const chunk = (drawn.chunks[k] ??= []);
  const noise = (step) => {
    if (chunk[step]?.length !== 2 * size) chunk[step] = normals(seed, step, first, size);
    return chunk[step];
  };
  const steps = walk(denoise, solver, sigmas, noise, kept[k]);
  kept[k] = steps;
  return steps.at(-1).after;
}

const answer = ({ picture, number, part }, found, moved = []) =>
  self.postMessage({ picture, number, part, ...found }, moved);

const unseen = () => [...jobs.values()].filter(({ seen }) => !seen);

/**
 * Count samples chunk by chunk, telling after each whether there was an answer.
 * @param {{picture: number, number: number, model?: string, half?: number, drawing?: Object,
 *   solver: string, seed: number, sigmas: number[], points: number, enough: number, patience: number, bins: number,
 *   part: number, parts: number}} request of the chunks of all `points`, those from number `part` on, every `parts`-th;
 *   the first answer comes when all workers together have `enough` of them, or with as many as there are when its
 *   share of `patience` milliseconds is over, which all pictures that are waited for have together. Of a drawing answers say the share of a bin that is drawn in full, and where there is
 *   nothing drawn there are no points.
 */
function* counting(request) {
  const { picture, solver, seed, points, enough, patience, bins, part, parts, drawing } = request;
  let wanted = performance.now() + patience / unseen().length, counts = new Uint32Array(bins * bins), fresh = 0, few = enough / parts;
  const source = drawing ? drawnSource(drawing, bins, request.sigmas.at(-1)) : { ...model, half: request.half };
  const tell = (all) => {
    answer(request, { counts, points: fresh, all, top: source?.top }, [counts.buffer]);
    [counts, fresh, few, wanted] = [new Uint32Array(bins * bins), 0, Infinity, performance.now() + PAUSE];
  };
  const { denoise, half } = source ?? {}, known = walks.get(picture);
  if (known?.denoise !== denoise || known?.solver !== solver || known?.seed !== seed)
    walks.set(picture, { denoise, solver, seed, steps: [] });
  const lines = edges(half, bins), mine = source ? points : 0;
  for (let first = part * CHUNK; first < mine; first += parts * CHUNK) {
    const size = Math.min(CHUNK, points - first);
    count(counts, samples(request, denoise, first, size), lines);
    fresh += size;
    if (first + parts * CHUNK >= mine) break;
    const early = fresh >= few || performance.now() > wanted;
    if (early) tell(false);
    yield early;
  }
  tell(true);
}

/**
 * Carry particles down one schedule after the other: paths for flowPaths, of this worker's part of them.
 * @param {{picture: number, number: number, model: string, flow: Object, part: number, parts: number}} request
 */
function* carrying(request) {
  const { flow, part, parts } = request, bound = (k) => Math.round((k * flow.count) / parts), paths = [];
  const next = flowPaths(model.denoise, flow, bound(part), bound(part + 1) - bound(part));
  for (let k = 0; k < flow.schedules.length; k += 1) {
    paths.push(next(k));
    yield false;
  }
  answer(request, { paths, all: true });
}

const channel = new MessageChannel(), waiting = [];
channel.port1.onmessage = () => waiting.shift()();
/** Let messages in that have come meanwhile. */
const breath = () => new Promise((resolve) => { waiting.push(resolve); channel.port2.postMessage(0); });

/** Pictures that are waited for one after the other, so that each comes as soon as it can; then more points of all. */
const foremost = () => unseen()[0] ?? [...jobs.values()].reduce((one, other) => (other.turns < one.turns ? other : one));

let working = false;
async function work() {
  working = true;
  for (let rested = performance.now(); jobs.size;) {
    const job = foremost(), { value: answered, done } = job.run.next();
    job.turns += 1;
    job.seen ||= answered;
    if (done) jobs.delete(job.picture);
    if (!done && !job.seen && performance.now() - rested < BREATH) continue;  // what is seen already gives way at once
    await breath();
    rested = performance.now();
  }
  working = false;
}

self.onmessage = ({ data: { model: sent, drop, forget, ask } }) => {
  if (sent) model = { id: sent.id, denoise: denoiser(sent) };
  jobs.delete(drop ?? ask?.picture);
  if (forget) walks.delete(drop);
  if (!ask || !(ask.drawing || ask.model === model?.id)) return;
  jobs.set(ask.picture, { picture: ask.picture, run: (ask.flow ? carrying : counting)(ask), turns: 0, seen: false });
  if (!working) work().catch((error) => setTimeout(() => { throw error; }));  // so that the page hears of it
};
