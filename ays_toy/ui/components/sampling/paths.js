// Trajectories of several schedules from the same noise: ays_toy/sampling/trajectories.py in the browser, with the
// Brownian motion of brownian.py behind a stochastic solver, drawn level by level as LevelNoise of counter_noise.py does.

/** 1 / low^2 - 1 / high^2, to full precision however near the two are. */
const clockBetween = (high, low) => ((high - low) * (high + low)) / (high * low) ** 2;

const ONE_FLOAT = new Float32Array(1), ITS_BITS = new Uint32Array(ONE_FLOAT.buffer);

/** Standard normal noise [2 * count] of a noise level, of the points from number `first` on. */
function levelNormals(seed, sigma, first, count) {
  ONE_FLOAT[0] = sigma;
  return normals(seed, ITS_BITS[0], first, count);
}

/**
 * One Brownian motion that steps of any schedule take their noise from: SharedNoise, of the points from number `first` on.
 * @param {number[]} order its levels that are known, falling, and `values` [2 * count] at these
 */
function sharedNoise(seed, first, count, order, values = [new Float64Array(2 * count)]) {
  function at(sigma) {
    let [low, k] = [0, order.length];
    while (low < k) {
      const middle = (low + k) >> 1;
      if (order[middle] > sigma) low = middle + 1; else k = middle;
    }
    if (order[k] === sigma) return values[k];
    const since = clockBetween(order[k - 1], sigma), z = levelNormals(seed, sigma, first, count), before = values[k - 1];
    let value = mix([1, before], [Math.sqrt(since), z]);
    if (k < order.length) {  // a bridge
      const rest = clockBetween(sigma, order[k]), share = since / (since + rest);
      value = mix([1 - share, before], [share, values[k]], [Math.sqrt(share * rest), z]);
    }
    order.splice(k, 0, sigma);
    values.splice(k, 0, value);
    return value;
  }
  return {
    at,
    /** The noise of a step. */
    between(sigma, next) {
      const below = at(next), scale = 1 / Math.sqrt(clockBetween(sigma, next));
      return mix([scale, below], [-scale, at(sigma)]);
    },
    /** The same motion, in which what is asked for from now on leaves this one as it is. */
    fork: () => sharedNoise(seed, first, count, order.slice(), values.slice()),
  };
}

let motion = { like: "", noise: null };  // the last one, at the levels of the reference alone

/**
 * @param {Denoiser} denoise
 * @param {{solver: string, seed: number, count: number, high: number, low: number, fine: number, spread: number,
 *   schedules: number[][], targets: boolean}} asked levels from `high` to `low`, and the reference's number of steps
 * @param {number} first the number of the first particle
 * @param {number} size how many of the `count` there are from there
 * @returns a function from the number of a schedule to { states [n + 1, size, 2] scaled, targets [n, size, 2] or null },
 *   to be called in their order
 */
function flowPaths(denoise, { solver, seed, count, high, low, fine, spread, schedules, targets }, first = 0, size = count) {
  const like = JSON.stringify([seed, first, size, high, low, fine]), { stochastic } = SOLVERS[solver];
  if (stochastic && motion.like !== like) {
    motion = { like, noise: sharedNoise(seed, first, size, [high]) };
    for (let k = 1; k <= fine; k += 1) motion.noise.at(k < fine ? high ** (1 - k / fine) * low ** (k / fine) : low);
  }
  const shared = stochastic ? motion.noise.fork() : null, start = levelNormals(seed, high, first, size);
  return (which) => {
    const levels = [high, ...schedules[which].slice(1, -1), low], n = levels.length - 1;
    const noise = (step) => (step ? shared.between(levels[step - 1], levels[step]) : start);
    const steps = walk(denoise, solver, levels, noise), states = new Float32Array((n + 1) * 2 * size);
    [...steps.map((one) => one.x), steps.at(-1).after].forEach((x, k) => {
      const scale = spread / Math.hypot(levels[k], spread);
      for (let i = 0; i < x.length; i += 1) states[k * x.length + i] = scale * x[i];
    });
    const aims = targets ? new Float32Array(n * 2 * size) : null;
    if (aims) steps.forEach((one, k) => aims.set(one.denoised, k * 2 * size));
    return { sigmas: levels, states, targets: aims };
  };
}
