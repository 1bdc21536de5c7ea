// Normal noise that depends on a seed, a step and a point and on nothing else, so that any order of work gives the same:
// ays_toy/sampling/counter_noise.py in the browser. Threefry-2x32 with 20 rounds (Salmon et al. 2011), then Box-Muller.

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24], PARITY = 0x1bd11bda, ROUNDS = 20;

/**
 * The cipher: two words of 32 bits, put into `words`, for a key of two words and a counter of two.
 * @param {Uint32Array} words
 */
function threefry(key0, key1, counter0, counter1, words) {
  const keys = [key0, key1, key0 ^ key1 ^ PARITY];
  let a = (counter0 + key0) | 0, b = (counter1 + key1) | 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const turn = ROTATIONS[(round - 1) & 7];
    a = (a + b) | 0;
    b = ((b << turn) | (b >>> (32 - turn))) ^ a;
    if (round & 3) continue;
    const k = round >> 2;
    a = (a + keys[k % 3]) | 0;
    b = (b + keys[(k + 1) % 3] + k) | 0;
  }
  words[0] = a;
  words[1] = b;
}

/**
 * Uniform numbers inside (0, 1), two for each point.
 * @param {number} seed a whole number below 2^32
 * @param {number} step 0 for the starting noise, k + 1 for the noise of step k
 * @param {number} first the first point's number; the points are first, first + 1, ...
 * @param {number} count how many points
 * @returns {Float64Array} [2 * count]
 */
function uniforms(seed, step, first, count) {
  const words = new Uint32Array(2), found = new Float64Array(2 * count);
  for (let i = 0; i < count; i += 1) {
    threefry(seed, 0, first + i, step, words);
    found[2 * i] = (words[0] + 0.5) / 4294967296;
    found[2 * i + 1] = (words[1] + 0.5) / 4294967296;
  }
  return found;
}

/** Standard normal noise [2 * count], x and y of each point in turn; the arguments are those of `uniforms`. */
function normals(seed, step, first, count) {
  const found = uniforms(seed, step, first, count);
  for (let i = 0; i < found.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(found[i])), angle = 2 * Math.PI * found[i + 1];
    found[i] = radius * Math.cos(angle);
    found[i + 1] = radius * Math.sin(angle);
  }
  return found;
}
