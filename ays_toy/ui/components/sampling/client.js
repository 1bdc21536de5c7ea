// The page's end of the workers: one for each core, which all pictures of the page share. Each has its part of the
// points of every picture; what they count is added up here. A request is followed by a newer one as soon as its first
// picture is there, and by the newest only: what is asked for faster than it can be drawn is left out.

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

let pictureNumber = 0;

/**
 * What carries requests for one picture to the workers, and sums of what these have counted back.
 * @param {(answer: {points: number, all: boolean, counts: Uint32Array}) => void} onPicture of the latest request
 * @param {() => void} onFailure when there will be no more pictures
 */
function sampler(onPicture, onFailure) {
  crew ??= recruit();
  const { workers, pictures } = crew, mine = crew, picture = (pictureNumber += 1), parts = workers.length;
  let number = 0, busy = false, next = null, sum = null, quiet = new Set(), going = new Set();
  const all = (message) => workers.forEach((worker) => worker.postMessage(message));

  function send(request) {
    [busy, next] = [true, null];
    number += 1;
    sum = { points: 0, counts: new Uint32Array(request.bins ** 2) };
    [quiet, going] = [new Set(workers.keys()), new Set(workers.keys())];
    workers.forEach((worker, part) => worker.postMessage({ ask: { ...request, picture, number, part, parts } }));
  }
  function answered(answer) {
    if (answer.number !== number || !sum) return;  // it has been given up
    for (let k = 0; k < sum.counts.length; k += 1) sum.counts[k] += answer.counts[k];
    sum.points += answer.points;
    quiet.delete(answer.part);
    if (answer.all) going.delete(answer.part);
    if (quiet.size) return;  // a picture comes when all have answered since the last one
    onPicture({ ...sum, all: !going.size });
    quiet = new Set(going);
    busy = false;
    if (next) send(next);
  }
  const drop = () => {
    [next, busy, sum] = [null, false, null];
    all({ drop: picture });
  };
  pictures.set(picture, { answered, failed: onFailure });
  return {
    /** Whether the workers can draw from this model: they know it, or are told of it here. */
    knows(model) {
      if (!mine.broken && model.id !== mine.held && (model.mixture || model.network)) {
        all({ model });
        mine.held = model.id;
      }
      return !mine.broken && model.id === mine.held;
    },
    lacks: (model) => !mine.broken && model.id !== mine.held,
    get held() { return mine.held; },
    /** Ask for a picture: `begin` of worker.js says what a request is. */
    ask(request) {
      if (busy) next = request; else send(request);
    },
    /** Give up what is being drawn. */
    drop,
    stop() {
      drop();
      pictures.delete(picture);
      if (pictures.size) return;
      workers.forEach((worker) => worker.terminate());
      if (crew === mine) crew = null;
    },
  };
}
