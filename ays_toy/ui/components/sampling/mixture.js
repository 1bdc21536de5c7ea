// The exact denoiser of a mixture of isotropic Gaussians: MixtureDenoiser of ays_toy/data/denoisers.py in the browser.
//
// Only components near a point matter where noise is small. So the plane is cut into cells, and each cell keeps those
// that may matter to any of its points; it is looked through when a point first falls into it. Where noise is large the
// denoiser is a smooth function, and a polynomial stands for it.

const CELLS = 24;  // along each side
const NEGLIGIBLE = 18;  // e^-18 = 1.5e-8 of the largest component's share
const MOST_KEPT = 320;  // noise levels whose cells are remembered: those of some schedules of some lengths each
const MOST_LISTED = 2.4e7;  // components in all their cells: 48 MB
const TERMS = 1.5;  // a polynomial's terms cost less than the components where they are not so many times as many

/**
 * @typedef {(x: Float64Array, sigma: number) => Float64Array} Denoiser D(x, sigma) of points x [2N] in turn, as x
 * @typedef {{means: Float64Array, stds: Float64Array, weights: Float64Array}} Mixture means [2K], stds [K], weights [K]
 */

// Sums over components, into `sums`: of shares, of shares times keep, of shares times what is pulled. Both stand by
// themselves, so that the engine makes one fast version of each, for all models.

/** Over those in `list` that matter. */
function gather({ fall, prior, keep, pulledX, pulledY, means }, list, logits, px, py, sums) {
  let top = -Infinity, whole = 0, kept = 0, sumX = 0, sumY = 0;
  for (let j = 0; j < list.length; j += 1) {
    const k = list[j], dx = px - means[2 * k], dy = py - means[2 * k + 1];
    const logit = prior[k] + fall[k] * (dx * dx + dy * dy);
    logits[j] = logit;
    if (logit > top) top = logit;
  }
  for (let j = 0; j < list.length; j += 1) {
    const under = top - logits[j];
    if (under > NEGLIGIBLE) continue;
    const k = list[j], share = decay(under);
    whole += share;
    kept += share * keep[k];
    sumX += share * pulledX[k];
    sumY += share * pulledY[k];
  }
  sums[0] = whole; sums[1] = kept; sums[2] = sumX; sums[3] = sumY;
}

/** Over all, for a point not far out where noise is large: no share is so far below `peak` that one pass will not do. */
function gatherAll({ fall, prior, keep, pulledX, pulledY, means, peak }, px, py, sums) {
  let whole = 0, kept = 0, sumX = 0, sumY = 0;
  for (let k = 0; k < fall.length; k += 1) {
    const dx = px - means[2 * k], dy = py - means[2 * k + 1];
    const share = decay(peak - prior[k] - fall[k] * (dx * dx + dy * dy));
    whole += share;
    kept += share * keep[k];
    sumX += share * pulledX[k];
    sumY += share * pulledY[k];
  }
  sums[0] = whole; sums[1] = kept; sums[2] = sumX; sums[3] = sumY;
}

/**
 * @param {Mixture} mixture
 * @param {number} half half the side of the square that holds the data
 * @param {boolean} prune whether to leave out the components that cannot matter
 * @returns {Denoiser}
 */
function mixtureDenoiser({ means, stds, weights }, half, prune = true) {
  const count = stds.length, logits = new Float64Array(count);
  const everyone = Uint16Array.from({ length: count }, (_, k) => k), some = new Uint16Array(count);
  const kept = new Map(), sums = new Float64Array(4), pair = new Float64Array(2);
  let listed = 0;

  // What depends on the noise level alone: log r_k = prior_k + fall_k |x - m_k|^2, D = sum r (keep x + pulled).
  function level(sigma) {
    if (kept.has(sigma)) return kept.get(sigma);
    if (listed > MOST_LISTED) {
      kept.clear();
      listed = 0;
    }
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value);
    const [fall, prior, keep, pulledX, pulledY] = Array.from({ length: 5 }, () => new Float64Array(count));
    for (let k = 0; k < count; k += 1) {
      const v = stds[k] ** 2 + sigma ** 2, pull = sigma ** 2 / v;
      fall[k] = -0.5 / v;
      prior[k] = Math.log(weights[k]) - Math.log(v);
      keep[k] = stds[k] ** 2 / v;
      pulledX[k] = pull * means[2 * k];
      pulledY[k] = pull * means[2 * k + 1];
    }
    const reach = half + 4 * sigma, near = (10 * sigma) ** 2;
    const wide = 6 * sigma > 2 * half;  // where it is, nearly all matter everywhere
    const peak = prior.reduce((one, other) => Math.max(one, other));
    const made = {
      fall, prior, keep, pulledX, pulledY, means, peak, wide, near, reach,
      side: (2 * reach) / CELLS, cells: new Array(CELLS ** 2), polynomial: null,
    };
    if (prune && wide) made.polynomial = polynomial(made, sigma);
    kept.set(sigma, made);
    return made;
  }

  // D varies as tanh(half x / sigma^2) at most, whose poles say how fast the terms of a polynomial fall.
  function polynomial(made, sigma) {
    const pole = (0.5 * Math.PI * sigma ** 2) / (Math.SQRT2 * half * made.reach), rate = pole + Math.hypot(1, pole);
    const size = 3 + Math.ceil(-Math.log(CLOSE) / Math.log(rate));
    if (size * size > TERMS * count) return null;
    return smooth((x, y, into) => exact(made, x, y, into), made.reach, size);
  }

  // The components that may matter somewhere within `radius` of a place. Against the one that is largest there, a
  // component's log share is a paraboloid: its value, slope and curvature there bound it all around.
  function nearby({ fall, prior }, x, y, radius) {
    let best = 0, found = 0;
    for (let k = 0; k < count; k += 1) {
      logits[k] = prior[k] + fall[k] * ((x - means[2 * k]) ** 2 + (y - means[2 * k + 1]) ** 2);
      if (logits[k] > logits[best]) best = k;
    }
    const slopeX = 2 * fall[best] * (x - means[2 * best]), slopeY = 2 * fall[best] * (y - means[2 * best + 1]);
    for (let k = 0; k < count; k += 1) {
      const acrossX = 2 * fall[k] * (x - means[2 * k]) - slopeX, acrossY = 2 * fall[k] * (y - means[2 * k + 1]) - slopeY;
      const steepest = Math.sqrt(acrossX * acrossX + acrossY * acrossY), bend = Math.max(0, fall[k] - fall[best]);
      if (logits[k] - logits[best] + steepest * radius + bend * radius * radius > -NEGLIGIBLE) some[found++] = k;
    }
    if (found === count) return everyone;
    listed += found;
    return some.slice(0, found);
  }

  function candidates(at, x, y) {
    if (!prune || at.wide) return everyone;
    const column = Math.floor((x + at.reach) / at.side), row = Math.floor((y + at.reach) / at.side);
    if (!(column >= 0 && column < CELLS && row >= 0 && row < CELLS)) return everyone;
    const middle = (k) => (k + 0.5) * at.side - at.reach;
    return (at.cells[row * CELLS + column] ??= nearby(at, middle(column), middle(row), at.side * Math.SQRT1_2));
  }

  function exact(at, x, y, into) {
    if (at.wide && x * x + y * y < at.near) gatherAll(at, x, y, sums);
    else gather(at, candidates(at, x, y), logits, x, y, sums);
    into[0] = (sums[1] * x + sums[2]) / sums[0];
    into[1] = (sums[1] * y + sums[3]) / sums[0];
  }

  return (x, sigma) => {
    const at = level(sigma), denoised = new Float64Array(x.length), { polynomial, reach } = at;
    for (let i = 0; i < x.length; i += 2) {
      const px = x[i], py = x[i + 1];
      if (polynomial && Math.abs(px) < reach && Math.abs(py) < reach) polynomial(px, py, pair);
      else exact(at, px, py, pair);
      denoised[i] = pair[0];
      denoised[i + 1] = pair[1];
    }
    return denoised;
  };
}
