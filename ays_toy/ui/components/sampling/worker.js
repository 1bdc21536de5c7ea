// A worker that samples: the one place where all the parts meet. It is told of a model once, { model }, and asked for
// its part of the points of pictures, { ask }; it answers with what has been counted since its last answer, after a few
// points and again, until a newer request for the same picture makes an older one pointless, or { drop } does.

const CHUNK = 250;  // points that are carried down together
const MOVING = 4000;  // points whose walks are kept for the next request, which shares most of them
const PAUSE = 120, BREATH = 10;  // milliseconds between answers that follow the first one; after which messages are let in

let model = null;  // { id, denoise }
const jobs = new Map();  // picture -> what is under way of it
const walks = new Map();  // picture -> { like, steps }, the walks of its first points, chunk by chunk
let drawn = { seed: null, chunks: [] };  // noise, chunk by chunk and step by step: all pictures have the same

/** Bytes in base64 as an array of numbers, little-endian as all machines are. */
const numbers = (text, Type) => new Type(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);

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

const channel = new MessageChannel(), waiting = [];
channel.port1.onmessage = () => waiting.shift()();
/** Let messages in that have come meanwhile. */
const breath = () => new Promise((resolve) => { waiting.push(resolve); channel.port2.postMessage(0); });

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

/**
 * @param {{picture: number, number: number, model: string, solver: string, seed: number, sigmas: number[], points:
 *   number, enough: number, patience: number, half: number, bins: number, part: number, parts: number}} request of the
 *   chunks of all `points`, those from number `part` on, every `parts`-th; the first answer comes when all workers
 *   together have `enough` of them, or with as many as there are after `patience` milliseconds
 */
function begin(request) {
  const { picture, solver, seed, bins, half, part } = request, { denoise } = model;
  const like = JSON.stringify([model.id, solver, seed]);
  if (walks.get(picture)?.like !== like) walks.set(picture, { like, steps: [] });
  const counts = new Uint32Array(bins * bins), wanted = performance.now() + request.patience;
  jobs.set(picture, { request, denoise, counts, lines: edges(half, bins), first: part * CHUNK, fresh: 0, points: 0, wanted });
}

/** Go on with one chunk of a job -> whether that was worth an answer. */
function advance(job) {
  const { request, denoise, lines } = job, { picture, number, part, parts, points, enough, bins } = request;
  if (job.first < points) {
    const size = Math.min(CHUNK, points - job.first);
    count(job.counts, samples(request, denoise, job.first, size), lines);
    job.first += parts * CHUNK;
    job.fresh += size;
    job.points += size;
  }
  const all = job.first >= points, first = job.fresh === job.points, now = performance.now();
  if (!all && now <= job.wanted && !(first && job.points * parts >= enough)) return false;
  if (all) jobs.delete(picture);
  self.postMessage({ picture, number, part, counts: job.counts, points: job.fresh, all }, [job.counts.buffer]);
  Object.assign(job, { counts: new Uint32Array(bins * bins), fresh: 0, wanted: now + PAUSE });
  return true;
}

let working = false;
/** All jobs in turn, a chunk of the one that has the fewest points, so that pictures side by side come together. */
async function work() {
  working = true;
  for (let rested = performance.now(); jobs.size;) {
    const answered = advance([...jobs.values()].reduce((one, other) => (other.points < one.points ? other : one)));
    if (!answered && performance.now() - rested < BREATH) continue;
    await breath();
    rested = performance.now();
  }
  working = false;
}

self.onmessage = ({ data }) => {
  if (data.model) model = { id: data.model.id, denoise: denoiser(data.model) };
  if (data.drop !== undefined) jobs.delete(data.drop);
  if (!data.ask || data.ask.model !== model?.id) return;
  begin(data.ask);
  if (!working) work().catch((error) => setTimeout(() => { throw error; }));  // so that the page hears of it
};
