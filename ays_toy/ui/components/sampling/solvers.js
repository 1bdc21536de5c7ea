// The solvers, an entry each, and the walk that carries noise down a schedule: ays_toy/sampling/samplers.py in the browser.
//
// A step is made from { denoise, x, denoised, sigma, next, past, noise } as in Python: a state x at sigma, D(x, sigma),
// the steps before, the latest first, and the noise of a stochastic solver. All arrays are Float64Array [2N].

/**
 * @typedef {{x: Float64Array, denoised: Float64Array, start: Float64Array, after: Float64Array, sigma: number,
 *   next: number}} Step start: what it went out from, x or that corrected; after: the state at `next`
 * @typedef {{denoise: Denoiser, x: Float64Array, denoised: Float64Array, sigma: number, next: number, past: Step[],
 *   noise: Float64Array | null}} Start
 */

/** A sum of arrays, each with its weight. @param {...[number, Float64Array]} terms */
function mix(...terms) {
  const [[first, start]] = terms, sum = new Float64Array(start.length);
  for (let i = 0; i < sum.length; i += 1) sum[i] = first * start[i];
  for (const [weight, array] of terms.slice(1)) for (let i = 0; i < sum.length; i += 1) sum[i] += weight * array[i];
  return sum;
}

/** The length of a step: log(sigma / next), with all digits however short it is. */
const span = ({ sigma, next }) => Math.log1p((sigma - next) / next);

/** The exact solution of the reverse ODE, or with noise the reverse SDE, where the denoiser says `held` all along. */
function transfer(x, held, step, noise = null) {
  const exponent = -span(step) * (noise ? 2 : 1), pull = -Math.expm1(exponent);
  const terms = [[Math.exp(exponent), x], [pull, held]];
  return mix(...terms, ...(noise ? [[step.next * Math.sqrt(pull), noise]] : []));
}

/** The mean of s^k over a step, s from 0 to 1 along log sigma, weighted by e^(exponent (s - 1)): by Kummer's series. */
function moment(k, exponent) {
  let term = 1, sum = 0;
  for (let n = 0; term > 1e-17 * sum; n += 1) {
    sum += term / (k + 1 + n);
    term *= exponent / (n + 1);
  }
  return ((exponent * Math.exp(-exponent)) / -Math.expm1(-exponent)) * sum;
}

/** Hold the latest value of the denoiser. */
const hold = (at) => transfer(at.x, at.denoised, at, at.noise);

/** Hold the value extrapolated from the last two to the middle of the step. */
function extrapolate(at) {
  const [last] = at.past;
  if (!last) return hold(at);
  const half = (0.5 * span(at)) / span(last);
  return transfer(at.x, mix([1 + half, at.denoised], [-half, last.denoised]), at, at.noise);
}

/** Hold the mean of a line or a parabola through the last values; half of the parabola's bend, as its authors do. */
function third(at) {
  const [last, before] = at.past, h = span(at), exponent = 2 * h;
  if (!last) return hold(at);
  const first = mix([h / span(last), at.denoised], [-h / span(last), last.denoised]);
  if (!before) return transfer(at.x, mix([1, at.denoised], [moment(1, exponent), first]), at, at.noise);
  const second = mix([h / span(before), last.denoised], [-h / span(before), before.denoised]);
  const turn = h / (span(last) + span(before)), bend = mix([turn, first], [-turn, second]);
  const slope = mix([1, first], [span(last) / h, bend]);
  const held = mix([1, at.denoised], [moment(1, exponent), slope], [0.5 * moment(2, exponent), bend]);
  return transfer(at.x, held, at, at.noise);
}

/** The state made anew from the last step's start, now that D at its end is known: UniPC's corrector. */
function correct(at) {
  const [last, before] = at.past;
  if (!last) return at.x;
  if (!before) return transfer(last.start, mix([0.5, last.denoised], [0.5, at.denoised]), last);
  const h = span(last), back = span(before) / h;
  const rise = mix([1, at.denoised], [-1, last.denoised]), fall = mix([1 / back, last.denoised], [-1 / back, before.denoised]);
  const bend = mix([1 / (1 + back), rise], [-1 / (1 + back), fall]);
  return transfer(last.start, mix([1, last.denoised], [moment(1, h), mix([1, rise], [-1, bend])], [moment(2, h), bend]), last);
}

const slope = ({ x, denoised, sigma }) => mix([1 / sigma, x], [-1 / sigma, denoised]);

/** Heun's second-order step in sigma. */
function heun(at) {
  const first = slope(at), x = mix([1, at.x], [at.next - at.sigma, first]);
  const second = slope({ x, denoised: at.denoise(x, at.next), sigma: at.next });
  return mix([1, at.x], [0.5 * (at.next - at.sigma), first], [0.5 * (at.next - at.sigma), second]);
}

const ADAMS_BASHFORTH = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12]];  // of even steps, the latest first

/** A step in sigma along the last slopes, weighted as if steps were even. */
function adamsBashforth(at) {
  const weights = ADAMS_BASHFORTH[at.past.length];
  return mix([1, at.x], ...[at, ...at.past].map((one, k) => [(at.next - at.sigma) * weights[k], slope(one)]));
}

/** @type {Object<string, {step: (at: Start) => Float64Array, correct?: (at: Start) => Float64Array,
 *   stochastic?: boolean, history?: number}>} */
const SOLVERS = {
  "stochastic-ddim": { step: hold, stochastic: true },
  ddim: { step: hold },
  "sde-dpmpp-2m": { step: extrapolate, stochastic: true, history: 1 },
  "dpmpp-2m": { step: extrapolate, history: 1 },
  heun: { step: heun },
  "sde-dpmpp-3m": { step: third, stochastic: true, history: 2 },
  unipc: { step: extrapolate, correct, history: 2 },
  ipndm: { step: adamsBashforth, history: 2 },
};

/**
 * The steps down the levels. Those that an earlier walk from the same start has made alike are taken over, and so is
 * D where only a step's end has moved: a level that is dragged changes nothing above it.
 * @param {Denoiser} denoise
 * @param {string} solver
 * @param {ArrayLike<number>} levels [n + 1], descending
 * @param {(step: number) => Float64Array} noise standard normal: 0 of the start, k + 1 of step k
 * @param {Step[]} earlier
 * @returns {Step[]}
 */
function walk(denoise, solver, levels, noise, earlier = []) {
  const { step, correct, stochastic = false, history = 0 } = SOLVERS[solver], steps = [];
  let same = true;  // so far
  for (let k = 0; k + 1 < levels.length; k += 1) {
    const [sigma, next] = [levels[k], levels[k + 1]], known = earlier[k];
    same &&= known?.sigma === sigma;
    if (same && known.next === next) {
      steps.push(known);
      continue;
    }
    const past = steps.slice(Math.max(0, k - history)).reverse();
    const x = k ? steps[k - 1].after : mix([sigma, noise(0)]);
    const denoised = same ? known.denoised : denoise(x, sigma);
    const at = { denoise, x, denoised, sigma, next, past, noise: stochastic ? noise(k + 1) : null };
    if (correct) at.x = correct(at);
    steps.push({ x, denoised, sigma, next, start: at.x, after: step(at) });
    same = false;
  }
  return steps;
}
