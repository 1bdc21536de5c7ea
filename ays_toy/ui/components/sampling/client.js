// The page's end of the workers: one for each core, which all pictures of the page share. Each has its part of the
// points of every picture; what they find is put together here. A request is followed by a newer one as soon as its
// first picture is there, and by the newest only: what is asked for faster than it can be drawn is left out.

const MOST_WORKERS = 4;
let crew = null;  // as long as there is a picture

/** The page's workers, begun with the first picture that joins them. */
function recruit() {
  const workers = [], pictures = new Map();  // number -> { answered, failed }
  const made = { workers, pictures, held: null, broken: false };
  const fail = (why) => {  // the server's pictures do without
    if (made.broken) return;
    made.broken = true;
    console.warn(`Sampling in the browser has failed: ${why ?? "it may not run workers"}`);
    for (const { failed } of pictures.values()) failed();
  };
  const address = URL.createObjectURL(new Blob([SAMPLING_WORKER], { type: "text/javascript" }));
  try {
    for (let k = 0; k < clamp(navigator.hardwareConcurrency || 1, 1, MOST_WORKERS); k += 1) {
      const worker = new Worker(address);
      worker.onmessage = ({ data }) => pictures.get(data.picture)?.answered(data);
      worker.onerror = (event) => { event.preventDefault(); fail(event.message); };
      workers.push(worker);
    }
  } catch {
    made.broken = true;
  }
  URL.revokeObjectURL(address);
  return made;
}

/** Put together what workers count: all points since a request was made. */
function countsOfAll({ bins }) {
  const sum = { points: 0, counts: new Uint32Array(bins ** 2) };
  return {
    add({ points, counts, top }) {
      for (let k = 0; k < counts.length; k += 1) sum.counts[k] += counts[k];
      sum.points += points;
      sum.top = top;
    },
    whole: () => sum,
  };
}

/** Put together the paths of all particles, of each schedule { sigmas, states, targets }, level by level. */
function pathsOfAll() {
  const parts = [];
  function side(k, name, levels) {
    const arrays = parts.map((paths) => paths[k][name]), rows = arrays.map((one) => one && one.length / levels);
    if (!arrays[0]) return null;
    const all = new Float32Array(arrays.reduce((sum, one) => sum + one.length, 0));
    for (let level = 0, at = 0; level < levels; level += 1)
      arrays.forEach((one, part) => {
        all.set(one.subarray(level * rows[part], (level + 1) * rows[part]), at);
        at += rows[part];
      });
    return all;
  }
  return {
    add({ part, paths }) { parts[part] = paths; },
    whole: () => ({
      paths: parts[0].map(({ sigmas }, k) => ({
        sigmas, states: side(k, "states", sigmas.length), targets: side(k, "targets", sigmas.length - 1),
      })),
    }),
  };
}

let pictureNumber = 0;

/**
 * What carries requests for one picture to the workers, and what these have found back.
 * @param {(found: {points: number, counts: Uint32Array, top?: number} | {paths: Object[]}, request: Object) => void}
 *   onPicture of the latest request: see `counting` and `carrying` in worker.js
 * @param {() => void} onFailure when there will be no more pictures
 */
function sampler(onPicture, onFailure) {
  crew ??= recruit();
  const { workers, pictures } = crew, mine = crew, picture = (pictureNumber += 1), parts = workers.length;
  let number = 0, asked = null, busy = false, next = null, found = null, quiet = new Set(), going = new Set();
  const all = (message) => workers.forEach((worker) => worker.postMessage(message));

  function send(request) {
    [asked, busy, next] = [request, true, null];
    number += 1;
    found = request.flow ? pathsOfAll() : countsOfAll(request);
    [quiet, going] = [new Set(workers.keys()), new Set(workers.keys())];
    workers.forEach((worker, part) => worker.postMessage({ ask: { ...request, picture, number, part, parts } }));
  }
  function answered(answer) {
    if (answer.number !== number || !found) return;  // it has been given up
    found.add(answer);
    quiet.delete(answer.part);
    if (answer.all) going.delete(answer.part);
    if (quiet.size) return;  // a picture comes when all have answered since the last one
    onPicture(found.whole(), asked);
    quiet = new Set(going);
    busy = false;
    if (next) send(next);
  }
  const drop = (forget = false) => {
    [next, busy, found] = [null, false, null];
    all({ drop: picture, forget });
  };
  pictures.set(picture, { answered, failed: onFailure });
  return {
    /** Whether the workers can draw from this model: they know it, or are told of it here. */
    knows(model) {
      if (model.drawing) return !mine.broken;  // every request says what is drawn
      if (!mine.broken && model.id !== mine.held && (model.mixture || model.network)) {
        all({ model });
        mine.held = model.id;
      }
      return !mine.broken && model.id === mine.held;
    },
    lacks: (model) => !mine.broken && model.id !== mine.held,
    get held() { return mine.held; },
    /** Ask for a picture, or for paths: `counting` and `carrying` of worker.js say what a request is. */
    ask(request) {
      if (busy) next = request; else send(request);
    },
    /** Give up what is being drawn. */
    drop: () => drop(),
    stop() {
      drop(true);
      pictures.delete(picture);
      if (pictures.size) return;
      workers.forEach((worker) => worker.terminate());
      if (crew === mine) crew = null;
    },
  };
}
