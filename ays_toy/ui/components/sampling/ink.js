// From the strokes of a drawing to the mixture that its samples come from: ays_toy/data/drawing.py, data/ink.py and
// datasets.from_points in the browser. The same places, the same random numbers, so the same points.

/**
 * @typedef {{path: number[], brush: number, strength: number, symmetry: string, erase: boolean}} Stroke x, y, x, y, ...
 * @typedef {{lattice: number, pixel: number, places: number, shift: number, strengths: number[], seed: number,
 *   symmetries: Object<string, number[][]>, count: number, std: number, edge: number}} Rules as `Drawn.of` sends them
 */

/** Words of 32 bits: the Mersenne Twister (Matsumoto & Nishimura 1998), which torch draws by. @returns {() => number} */
function twister(seed) {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let k = 1; k < 624; k += 1) state[k] = Math.imul(1812433253, state[k - 1] ^ (state[k - 1] >>> 30)) + k;
  let at = 624;
  return () => {
    if (at === 624) {
      for (let k = 0; k < 624; k += 1) {
        const word = (state[k] & 0x80000000) | (state[(k + 1) % 624] & 0x7fffffff);
        state[k] = state[(k + 397) % 624] ^ (word >>> 1) ^ (word & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let word = state[at];
    at += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  };
}

let uniform = { seed: null, values: [] };  // the last that were drawn: of one drawing they are always the same

/** Uniform numbers [count] in [0, 1), of 53 bits: torch.rand in float64. */
function uniformDoubles(seed, count) {
  if (uniform.seed === seed && uniform.values.length === count) return uniform.values;
  const next = twister(seed), values = new Float64Array(count);
  for (let k = 0; k < count; k += 1) values[k] = ((next() & 0x1fffff) * 2 ** 32 + next()) / 2 ** 53;
  uniform = { seed, values };
  return values;
}

/**
 * Lay one stroke on the paper, where the brush touches it: by the share of each pixel's places in its reach.
 * @param {Float64Array} paper [side * side], row by row from the top
 * @param {Stroke} stroke
 * @param {Rules} rules
 */
function layStroke(paper, { path, brush, strength, symmetry, erase }, rules) {
  const { lattice, pixel, places, shift } = rules, width = lattice * places, each = pixel * places, side = lattice / pixel;
  const touched = new Uint8Array(width * width), radius = brush / 2, middle = (lattice - 1) / 2;
  let [top, bottom] = [width, -1];
  for (const [a, b, c, d] of rules.symmetries[symmetry])
    for (let k = 0; k < Math.max(2, path.length - 2); k += 2) {
      const end = Math.min(k + 2, path.length - 2);
      const [ux, uy, vx, vy] = [path[k] - middle, path[k + 1] - middle, path[end] - middle, path[end + 1] - middle];
      let [x0, y0] = [a * ux + b * uy + middle, c * ux + d * uy + middle];
      let [x1, y1] = [a * vx + b * vy + middle, c * vx + d * vy + middle];
      if (y0 > y1) [x0, y0, x1, y1] = [x1, y1, x0, y0];
      const dx = x1 - x0, dy = y1 - y0, length = Math.sqrt(dx * dx + dy * dy), lean = (radius * dx) / (length || 1);
      const from = Math.max(0, Math.floor((y0 - radius + shift) * places));
      const to = Math.min(width - 1, Math.ceil((y1 + radius + shift) * places));
      for (let row = from; row <= to; row += 1) {
        const below = row / places - shift - y0;
        // The left (-1) or right (1) edge of the row: a circle's, about the point of the segment that reaches furthest.
        const edge = (way) => {
          const along = Math.min(1, Math.max(0, (below + way * lean) / dy)), off = below - along * dy;
          return x0 + along * dx + way * Math.sqrt(radius * radius - off * off);
        };
        const first = Math.max(0, Math.ceil((edge(-1) + shift) * places));
        const last = Math.min(width - 1, Math.floor((edge(1) + shift) * places));
        if (first <= last) touched.fill(1, row * width + first, row * width + last + 1);
      }
      [top, bottom] = [Math.min(top, from), Math.max(bottom, to)];
    }
  for (let y = Math.floor(top / each); y <= Math.min(side - 1, Math.floor(bottom / each)); y += 1)
    for (let x = 0; x < side; x += 1) {
      let sum = 0;
      for (let row = y * each; row < (y + 1) * each; row += 1)
        for (let at = row * width + x * each, end = at + each; at < end; at += 1) sum += touched[at];
      if (!sum) continue;
      const covered = sum / each ** 2, k = y * side + x;
      paper[k] = erase ? paper[k] * (1 - covered) : 1 - (1 - paper[k]) * (1 - rules.strengths[strength] * covered);
    }
}

/** The paper's ink from 0 to 1 after all strokes: Drawing.density. @param {Stroke[]} strokes @returns {Float64Array} */
function inkOf(strokes, rules, earlier = null) {
  const paper = earlier ? earlier.slice() : new Float64Array((rules.lattice / rules.pixel) ** 2);
  for (const stroke of strokes) layStroke(paper, stroke, rules);
  return paper;
}

/** Points [2 * count] in proportion to the ink, y upwards: ink.points. Null where there is none. */
function pointsOf(paper, { lattice, pixel, seed, count }) {
  const side = lattice / pixel, cumulative = new Float64Array(paper.length);
  let sum = 0, last = -1;
  for (let k = 0; k < paper.length; k += 1) {
    const ink = paper[k] > 1e-6 ? paper[k] : 0;
    cumulative[k] = sum += ink;
    if (ink) last = k;
  }
  if (last < 0) return null;
  const random = uniformDoubles(seed, 3 * count), found = new Float64Array(2 * count);
  for (let i = 0, k = 0; i < count; i += 1) {
    const part = (i + random[i]) * (sum / count);
    while (k < last && cumulative[k] <= part) k += 1;
    found[2 * i] = (k % side) + random[count + i];
    found[2 * i + 1] = side - Math.floor(k / side) - random[2 * count + i];
  }
  return found;
}

/**
 * The mixture of a drawing's points, of mean 0 and overall std, and half the side of the square that holds them.
 * @returns {{mixture: Mixture, half: number} | null} null where all ink is gone, or all points are one
 */
function mixtureOf(paper, rules) {
  const points = pointsOf(paper, rules), { count } = rules;
  if (!points) return null;
  let [sumX, sumY, squares, reach] = [0, 0, 0, 0];
  for (let k = 0; k < points.length; k += 2) {
    sumX += points[k];
    sumY += points[k + 1];
  }
  for (let k = 0; k < points.length; k += 2) {
    points[k] -= sumX / count;
    points[k + 1] -= sumY / count;
    squares += points[k] * points[k] + points[k + 1] * points[k + 1];
  }
  if (!(squares > 0)) return null;
  const scale = rules.std / Math.sqrt(squares / (2 * count));
  for (let k = 0; k < points.length; k += 1) {
    points[k] *= scale;
    reach = Math.max(reach, Math.abs(points[k]));
  }
  const mixture = { means: points, stds: new Float64Array(count), weights: new Float64Array(count).fill(1 / count) };
  return { mixture, half: rules.edge * reach };
}

/** The bin mass that is drawn in full: half of all mass lies in bins above it. @param {ArrayLike<number>} masses */
function brightest(masses) {
  const falling = Float64Array.from(masses).sort().reverse(), half = 0.5 * falling.reduce((sum, one) => sum + one, 0);
  let sum = 0, k = 0;
  while ((sum += falling[k]) < half) k += 1;
  return falling[k];
}
