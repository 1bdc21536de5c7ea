// A smooth function of the plane as a polynomial: where noise is large an exact denoiser is one, and a few hundred
// products then do for what takes an exponential for every component.

const CLOSE = 1e-7;  // what its last coefficients stay below

/** Chebyshev's polynomials T_0 ... at x from -1 to 1, into `values`. @param {Float64Array} values */
function chebyshev(x, values) {
  values[0] = 1;
  values[1] = x;
  for (let k = 2; k < values.length; k += 1) values[k] = 2 * x * values[k - 1] - values[k - 2];
}

/**
 * @param {(x: number, y: number, into: Float64Array) => void} exact puts two values at (x, y) into `into`
 * @param {number} reach half the side of the square that it is wanted on
 * @param {number} size how many polynomials along each side, at least two
 * @returns {((x: number, y: number, into: Float64Array) => void) | null} the same, in that square; null where so few
 *   polynomials do not come close
 */
function smooth(exact, reach, size) {
  const nodes = Float64Array.from({ length: size }, (_, k) => Math.cos((Math.PI * (k + 0.5)) / size));
  const at = Array.from(nodes, (node) => { const row = new Float64Array(size); chebyshev(node, row); return row; });
  // Along x first, then along y: value and coefficients [y][x], two of each.
  const half = new Float64Array(2 * size * size), found = new Float64Array(2 * size * size), pair = new Float64Array(2);
  const place = (row, column) => 2 * (row * size + column), share = (k) => (k ? 2 : 1) / size;
  for (let row = 0; row < size; row += 1)
    for (let node = 0; node < size; node += 1) {
      exact(reach * nodes[node], reach * nodes[row], pair);
      for (let k = 0; k < size; k += 1)
        for (const c of [0, 1]) half[place(row, k) + c] += share(k) * at[node][k] * pair[c];
    }
  for (let row = 0; row < size; row += 1)
    for (let j = 0; j < size; j += 1)
      for (let k = 0; k < 2 * size; k += 1) found[place(j, 0) + k] += share(j) * at[row][j] * half[place(row, 0) + k];
  let last = 0;
  for (let k = 0; k < size; k += 1)
    for (const one of [place(size - 1, k), place(size - 2, k), place(k, size - 1), place(k, size - 2)])
      last = Math.max(last, Math.abs(found[one]), Math.abs(found[one + 1]));
  if (!(last < CLOSE)) return null;

  const across = new Float64Array(size), up = new Float64Array(size);
  return (x, y, into) => {
    chebyshev(x / reach, across);
    chebyshev(y / reach, up);
    let first = 0, second = 0;
    for (let row = 0, k = 0; row < size; row += 1) {
      let a = 0, b = 0;
      for (let column = 0; column < size; column += 1, k += 2) {
        a += found[k] * across[column];
        b += found[k + 1] * across[column];
      }
      first += up[row] * a;
      second += up[row] * b;
    }
    into[0] = first;
    into[1] = second;
  };
}
