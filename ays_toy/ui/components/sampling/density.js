// Points as a picture of their density, as ays_toy/runs/pictures.py makes it: how many lie in each bin of a square, then
// shades of one byte, then colors.

const BLUR = 0.7;  // the standard deviation of the blur, in bins

/** The edges [bins + 1] of equal bins over +-half. */
function edges(half, bins) {
  const found = Float64Array.from({ length: bins + 1 }, (_, k) => k * ((2 * half) / bins) - half);
  found[bins] = half;
  return found;
}

/**
 * Count points into the bins of a square, y by rows from below.
 * @param {Uint32Array} counts [bins * bins], added to
 * @param {Float64Array} points [2N]
 * @param {Float64Array} lines the edges of the bins
 */
function count(counts, points, lines) {
  const bins = lines.length - 1, [low, high] = [lines[0], lines[bins]], scale = bins / (high - low);
  const place = (value) => {
    let k = Math.min(bins - 1, Math.floor((value - low) * scale));
    if (value < lines[k]) k -= 1;  // where rounding has put it beyond an edge
    else if (k + 1 < bins && value >= lines[k + 1]) k += 1;
    return k;
  };
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i], y = points[i + 1];
    if (x >= low && x <= high && y >= low && y <= high) counts[place(y) * bins + place(x)] += 1;
  }
}

/** Blurred along one way: `stride` from one to the next, `across` from line to line; the edges are mirrors. */
function blurred(image, bins, stride, across, std) {
  const reach = Math.floor(4 * std + 0.5), found = new Float64Array(image.length);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-0.5 * ((k - reach) / std) ** 2));
  const sum = kernel.reduce((total, one) => total + one), padded = new Float64Array(bins + 2 * reach);
  const mirror = (k) => (k < 0 ? -1 - k : k >= bins ? 2 * bins - 1 - k : k);
  const places = Int32Array.from(padded, (_, k) => mirror(k - reach) * stride);
  for (let line = 0; line < bins; line += 1) {
    for (let k = 0; k < padded.length; k += 1) padded[k] = image[line * across + places[k]];
    for (let k = 0; k < bins; k += 1) {
      let total = 0;
      for (let j = 0; j < kernel.length; j += 1) total += kernel[j] * padded[k + j];
      found[line * across + k * stride] = total / sum;
    }
  }
  return found;
}

/**
 * Counts as one byte each: slightly blurred, by the square root of the share in a bin.
 * @param {Uint32Array} counts [bins * bins]
 * @param {number} all how many points there are
 * @param {number} top the share that is drawn in full
 * @param {number} blur its standard deviation in bins
 * @returns {Uint8ClampedArray} [bins * bins]
 */
function shades(counts, all, top, blur = BLUR) {
  const bins = Math.sqrt(counts.length);
  const smooth = blurred(blurred(Float64Array.from(counts), bins, bins, 1, blur), bins, 1, bins, blur);
  const found = new Uint8ClampedArray(counts.length);
  for (let k = 0; k < found.length; k += 1) found[k] = Math.floor(Math.min(255, 255 * Math.sqrt(smooth[k] / all / top)));
  return found;
}

/**
 * Shades as pixels, the lowest row last.
 * @param {Uint8ClampedArray} image [bins * bins]
 * @param {Uint8Array} colors [3 * 256]: red, green and blue of every shade
 * @returns {Uint8ClampedArray} [4 * bins * bins]
 */
function pixels(image, colors) {
  const bins = Math.sqrt(image.length), found = new Uint8ClampedArray(4 * image.length);
  for (let k = 0; k < image.length; k += 1) {
    const row = bins - 1 - Math.floor(k / bins), at = 4 * (row * bins + (k % bins)), shade = 3 * image[k];
    for (let c = 0; c < 3; c += 1) found[at + c] = colors[shade + c];
    found[at + 3] = 255;
  }
  return found;
}
