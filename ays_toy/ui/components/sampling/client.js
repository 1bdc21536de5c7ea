// The page's end of the worker. A request is followed by a newer one as soon as its first picture is there, and by the
// newest only: what is asked for faster than it can be drawn is left out.

/**
 * @param {(answer: {points: number, all: boolean, picture: Uint8ClampedArray}) => void} onPicture of the latest request
 * @returns what carries requests to the worker, or null where the browser has none
 */
function sampler(onPicture) {
  let worker;
  try {
    const address = URL.createObjectURL(new Blob([SAMPLING_WORKER], { type: "text/javascript" }));
    worker = new Worker(address);
    URL.revokeObjectURL(address);
  } catch {
    return null;
  }
  let number = 0, busy = false, next = null, held = null, broken = false;
  const send = (request) => {
    busy = true;
    next = null;
    number += 1;
    worker.postMessage({ ask: { ...request, number } });
  };
  worker.onmessage = ({ data }) => {
    if (data.ask !== number) return;  // it has been given up
    busy = false;
    onPicture(data);
    if (next) send(next);
  };
  worker.onerror = (event) => {  // the server's pictures do without it
    broken = true;
    event.preventDefault();
    console.warn(`Sampling in the browser has failed: ${event.message ?? "it may not run workers"}`);
  };
  return {
    /** Whether the worker can draw from this model: it knows it, or is told of it here. */
    knows(model) {
      if (model.drawing) return !broken;  // every request says what is drawn
      if (model.id !== held && (model.mixture || model.network)) {
        worker.postMessage({ model });
        held = model.id;
      }
      return !broken && model.id === held;
    },
    lacks: (model) => !broken && model.id !== held,
    get held() { return held; },
    /** Ask for a picture: `draw` of worker.js says what a request is. */
    ask(request) {
      if (busy) next = request; else send(request);
    },
    /** Give up what is being drawn. */
    drop() {
      [next, busy] = [null, false];
      number += 1;
      worker.postMessage({ ask: null });
    },
    stop() { worker.terminate(); },
  };
}
