// What a schedule costs, at frame rate: ays_toy/intervals.py in the browser, from the same table of pair differences.
//
// Levels are noise levels σ, descending. differences[i][j] = E||D_i - D_j||² between the levels of a descending grid;
// between grid levels it is linear in share(σ), and σ^-p is integrated against that.

const LEGENDRE = [  // nodes and weights of Gauss-Legendre quadrature, 8 nodes, on [0, 1]
  [0.1834346424956498, 0.3626837833783620], [0.5255324099163290, 0.3137066458778873],
  [0.7966664774136267, 0.2223810344533745], [0.9602898564975363, 0.1012285362903763],
].flatMap(([node, weight]) => [[(1 - node) / 2, weight / 2], [(1 + node) / 2, weight / 2]]);

// grid [G], differences [G * G] row by row, power p, the data's std -> { steps(levels) }.
function pricing({ grid, differences, power, std }) {
  const size = grid.length, variance = std ** 2;
  const share = (t) => t ** 2 / (t ** 2 + variance);
  const shares = Array.from(grid, share);

  // Weights of a function's values at both ends of a cell in its integral against t^-p dt, linear in share(t) between.
  function weights(upper, lower) {
    const width = Math.log(upper / lower), climb = (upper ** 2 + variance) / (upper ** 2 - lower ** 2);
    let high = 0, low = 0;
    for (const [node, weight] of LEGENDRE) {
      const t = lower * Math.exp(width * node), density = weight * width * t ** (1 - power);
      const rise = ((t ** 2 - lower ** 2) / (t ** 2 + variance)) * climb;
      high += density * rise;
      low += density * (1 - rise);
    }
    return [high, low];
  }
  const whole = Array.from({ length: size - 1 }, (_, k) => weights(grid[k], grid[k + 1]));

  // A level with its place on the grid: in cell i, the share u of the way down.
  function place(sigma) {
    let i = 0, end = size - 1;
    while (end - i > 1) {
      const middle = (i + end) >> 1;
      if (grid[middle] >= sigma) i = middle; else end = middle;
    }
    const u = (shares[i] - share(sigma)) / (shares[i] - shares[i + 1]);
    return { sigma, i, u: Math.min(1, Math.max(0, u)) };
  }
  const nodes = Array.from(grid, (sigma, k) => ({ sigma, i: Math.min(k, size - 2), u: k === size - 1 ? 1 : 0 }));

  // Bilinear in the table, except within one cell: there linear in the distance, so that it vanishes at 0.
  function between(a, b) {
    const at = (i, j) => differences[i * size + j];
    if (a.i === b.i) return at(a.i, a.i + 1) * Math.abs(a.u - b.u);
    const row = (i) => (1 - b.u) * at(i, b.i) + b.u * at(i, b.i + 1);
    return (1 - a.u) * row(a.i) + a.u * row(a.i + 1);
  }

  // Every step of a schedule [n+1]: its price, and the outline (sigma, height) of the area over log σ that it is.
  function steps(levels) {
    const places = levels.map(place);
    return places.slice(0, -1).map((from, k) => {
      const to = places[k + 1], path = [from];
      for (let i = from.i; i < size; i += 1) {
        if (grid[i] <= to.sigma) break;
        if (grid[i] < from.sigma) path.push(nodes[i]);
      }
      path.push(to);
      const gaps = path.map((one) => between(one, from));
      let price = 0;
      for (let i = 1; i < path.length; i += 1) {
        const inner = i > 1 && i < path.length - 1;
        const [high, low] = inner ? whole[path[i - 1].i] : weights(path[i - 1].sigma, path[i].sigma);
        price += high * gaps[i - 1] + low * gaps[i];
      }
      const heights = path.map((one, i) => one.sigma ** (1 - power) * gaps[i]);
      return { price, sigma: path.map((one) => one.sigma), height: heights };
    });
  }
  return { steps };
}

const total = (steps) => steps.reduce((sum, step) => sum + step.price, 0);
