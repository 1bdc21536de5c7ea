// The small MLP denoiser with EDM's preconditioning, from its weights: MLPDenoiser of ays_toy/models/networks.py in the browser.

const DATA_STD = 0.5, FREQUENCIES = 8, OCTAVES = 3, FEATURES = 2 + 4 * OCTAVES;
const LEVELS_KEPT = 16;  // whose layers, with the noise level folded in, are remembered

/**
 * @typedef {{weight: Float32Array, bias: Float32Array}} Layer weight [outputs * inputs] row by row
 * @typedef {{layers: Layer[], modulations: Layer[], last: Layer}} Network
 */

/** Sines and cosines [16] of log(sigma) / 4, times 0.5, 1, ..., 4. */
function embedNoise(sigma) {
  const found = new Float64Array(2 * FREQUENCIES);
  for (let k = 0; k < FREQUENCIES; k += 1) {
    const phase = (Math.log(sigma) / 4) * (0.5 * (k + 1));
    found[k] = Math.sin(phase);
    found[FREQUENCIES + k] = Math.cos(phase);
  }
  return found;
}

/** The features [14] of one point, `stride` from one to the next: itself, sines, cosines, by doubling the angle. */
function embedPoint(x, y, into, at, stride) {
  let [sinX, sinY, cosX, cosY] = [Math.sin(x), Math.sin(y), Math.cos(x), Math.cos(y)];
  into[at] = x;
  into[at + stride] = y;
  for (let k = 0; k < OCTAVES; k += 1) {
    const sines = at + (2 + 2 * k) * stride, cosines = sines + 2 * OCTAVES * stride;
    into[sines] = sinX;
    into[sines + stride] = sinY;
    into[cosines] = cosX;
    into[cosines + stride] = cosY;
    [sinX, cosX] = [2 * sinX * cosX, 1 - 2 * sinX * sinX];
    [sinY, cosY] = [2 * sinY * cosY, 1 - 2 * sinY * sinY];
  }
}

/** x / (1 + e^-x). */
function silu(x) {
  const fade = decay(Math.min(Math.abs(x), 700));
  return x < 0 ? (x * fade) / (1 + fade) : x / (1 + fade);
}

/**
 * @typedef {{points: number, input: Float64Array | Float32Array, hold: (layers: Layer[]) => void,
 *   run: () => Float64Array | Float32Array}} Kernel carries `points` points through the layers that it holds, from
 *   `input`, feature by feature, each of all points, to what `run` gives, in the same order
 * @returns {Kernel} in doubles: four points at a time and two outputs, so that what is read is used more than once
 */
function plainKernel(width) {
  let layers = [], spare = new Float64Array(4 * (Math.max(width, FEATURES) + 1));
  const input = new Float64Array(spare.length), other = new Float64Array(spare.length);

  function apply({ weight, bias }, from, to, bend) {
    const outputs = bias.length, inputs = weight.length / outputs;
    for (let o = 0; o < outputs; o += 2) {
      const two = o + 1 < outputs ? 1 : 0;  // or the same one twice
      let a0 = bias[o], a1 = a0, a2 = a0, a3 = a0, b0 = bias[o + two], b1 = b0, b2 = b0, b3 = b0;
      for (let i = 0, w = o * inputs, v = w + two * inputs; i < 4 * inputs; i += 4, w += 1, v += 1) {
        const a = weight[w], b = weight[v], x0 = from[i], x1 = from[i + 1], x2 = from[i + 2], x3 = from[i + 3];
        a0 += a * x0; a1 += a * x1; a2 += a * x2; a3 += a * x3;
        b0 += b * x0; b1 += b * x1; b2 += b * x2; b3 += b * x3;
      }
      const sums = [a0, a1, a2, a3, b0, b1, b2, b3];
      for (let k = 0; k < 4 + 4 * two; k += 1) to[4 * o + k] = bend ? silu(sums[k]) : sums[k];
    }
  }
  return {
    points: 4,
    input,
    hold(some) { layers = some; },
    run() {
      let [from, to] = [input, other];
      layers.forEach((layer, k) => {
        apply(layer, from, to, k + 1 < layers.length);
        [from, to] = k ? [to, from] : [to, spare];
      });
      return from;
    },
  };
}

/**
 * @param {Network} network
 * @param {(width: number) => Kernel | null} fast what its layers run on; doubles, where that is nothing
 * @returns {Denoiser}
 */
function networkDenoiser({ layers, modulations, last }, fast = simdKernel) {
  const width = layers[0].bias.length, kernel = fast(width) ?? plainKernel(width), folded = new Map();
  let held = null;

  // The layers at one noise level: its scale and shift of what a layer gives are folded into the layer itself.
  function fold(sigma) {
    if (folded.has(sigma)) return folded.get(sigma);
    if (folded.size >= LEVELS_KEPT) folded.clear();
    const noise = embedNoise(sigma);
    const made = layers.map(({ weight, bias }, at) => {
      const turn = (row) => noise.reduce((sum, one, k) => sum + one * modulations[at].weight[row * noise.length + k],
        modulations[at].bias[row]);
      const inputs = weight.length / width, scaled = new Float64Array(weight.length), moved = new Float64Array(width);
      for (let o = 0; o < width; o += 1) {
        const scale = 1 + turn(o);
        for (let i = o * inputs; i < (o + 1) * inputs; i += 1) scaled[i] = weight[i] * scale;
        moved[o] = turn(width + o) + bias[o] * scale;
      }
      return { weight: scaled, bias: moved };
    });
    folded.set(sigma, [...made, { weight: Float64Array.from(last.weight), bias: Float64Array.from(last.bias) }]);
    return folded.get(sigma);
  }

  return (x, sigma) => {
    if (held !== sigma) kernel.hold(fold(sigma));
    held = sigma;
    const denoised = new Float64Array(x.length), block = kernel.points, { input } = kernel;
    const total = sigma ** 2 + DATA_STD ** 2, scale = 1 / Math.sqrt(total);
    const skip = DATA_STD ** 2 / total, out = sigma * DATA_STD * scale;
    for (let i = 0; i < x.length; i += 2 * block) {
      const points = Math.min(block, (x.length - i) / 2);
      for (let p = 0; p < points; p += 1) embedPoint(x[i + 2 * p] * scale, x[i + 2 * p + 1] * scale, input, p, block);
      const found = kernel.run();
      for (let p = 0; p < points; p += 1)
        for (const c of [0, 1]) denoised[i + 2 * p + c] = skip * x[i + 2 * p + c] + out * found[c * block + p];
    }
    return denoised;
  };
}
