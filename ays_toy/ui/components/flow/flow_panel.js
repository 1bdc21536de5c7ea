// One schedule's panel: its particles on a canvas, its noise levels on a rail beneath.
//
// All places are scaled: x c / spread(sigma), spread(sigma) = sqrt(sigma^2 + c^2), so that the cloud is always as wide as
// the data, and wholly in sight. Between two states a particle goes straight in x and sigma, which for DDIM is its step.

const SAMPLES_A_STEP = 10;  // points of a path between two states
const GREY = [140, 140, 140], DENSEST = 150, RAIL = 30;  // color, opacity of 255, pixels
const DOT = 4, USUAL = 360;  // pixels of a particle in panels of that size; in larger ones it grows along

const spreadOf = (sigma, c) => Math.hypot(sigma, c);

// Weights of the scaled states at levels b > a for a place between them, at sigma.
function weightsBetween(b, a, sigma, c) {
  const share = (b - sigma) / (b - a), spread = spreadOf(sigma, c);
  return [((1 - share) * spreadOf(b, c)) / spread, (share * spreadOf(a, c)) / spread];
}

// The step under way at a noise level on a walk down `sigmas`, 0 being the first; at a level, the step that led to it.
function stepAt(sigmas, sigma) {
  let k = 0;
  while (k < sigmas.length - 2 && sigma < sigmas[k + 1] * (1 - 1e-9)) k += 1;
  return k;
}

// A walk's scaled place at a noise level; `states` holds [n+1, N, 2] numbers, `unit` is what they count.
function placeAt(walk, count, path, sigma, c) {
  const { sigmas, states, unit } = walk, k = stepAt(sigmas, sigma);
  const [before, after] = weightsBetween(sigmas[k], sigmas[k + 1], sigma, c), at = 2 * (k * count + path);
  return [0, 1].map((axis) => unit * (before * states[at + axis] + after * states[at + 2 * count + axis]));
}

// Points of a path from one noise level down to another, ends included.
function pathPoints(walk, count, path, high, low, c, each = SAMPLES_A_STEP) {
  const { sigmas } = walk, points = [];
  if (!(high > low)) return points;
  for (let k = stepAt(sigmas, high); k < sigmas.length - 1 && sigmas[k] > low; k += 1) {
    const b = Math.min(high, sigmas[k]), a = Math.max(low, sigmas[k + 1]);
    for (let j = 0; j < each; j += 1) points.push(placeAt(walk, count, path, b * (a / b) ** (j / each), c));
  }
  points.push(placeAt(walk, count, path, low, c));
  return points;
}

// Shades [bins, bins] of one byte, row 0 the lowest, as a grey picture that lets either theme through.
function greyPicture(shades) {
  const bins = Math.sqrt(shades.length), picture = document.createElement("canvas");
  picture.width = picture.height = bins;
  const context = picture.getContext("2d"), image = context.createImageData(bins, bins);
  for (let row = 0; row < bins; row += 1)
    for (let column = 0; column < bins; column += 1)
      image.data.set([...GREY, (shades[(bins - 1 - row) * bins + column] * DENSEST) / 255], 4 * (row * bins + column));
  context.putImageData(image, 0, 0);
  return picture;
}

function flowPanel(parent, choose) {
  const box = node("figure", {}, parent), caption = node("figcaption", {}, box);
  const badge = drawing("svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" }, caption);
  const mark = drawing("path", {}, badge), title = node("b", {}, caption), status = node("span", {}, box);
  status.className = "status";
  const canvas = node("canvas", { role: "img" }, box);
  const rail = drawing("svg", { class: "rail", height: RAIL, "aria-hidden": "true" }, box);
  const ticks = drawing("g", {}, rail), pointer = drawing("path", { d: "M0,-3L5,-12H-5Z", class: "pointer" }, rail);
  let panel = null, table = null, size = 0, ratio = 1, across = null, behind = {};

  canvas.addEventListener("click", (event) => {
    if (!panel?.states) return;
    choose(nearest(...placeIn(canvas, event)));
  });
  const pixel = ([x, y]) => [(0.5 + x / (2 * table.half)) * size, (0.5 - y / (2 * table.half)) * size];
  let shown = null;  // what was painted last

  function nearest(x, y) {
    let best = null, least = 24 ** 2;
    for (let path = 0; path < table.count; path += 1) {
      const [px, py] = pixel(placeAt(panel, table.count, path, shown.sigma, table.std));
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [path, distance];
    }
    return best;
  }

  function lay(latest, all, side) {
    [panel, table, size] = [latest, all, side];
    ratio = Math.min(2, window.devicePixelRatio || 1);
    const pixels = Math.round(side * ratio);
    if (canvas.width !== pixels) canvas.width = canvas.height = pixels;  // even the same size would clear it
    canvas.style.width = canvas.style.height = `${side}px`;
    box.style.width = `${side}px`;
    title.textContent = panel.title;
    fill(mark, { d: symbolPath(panel.symbol, 7), fill: panel.color });
    canvas.removeAttribute("aria-label");  // it may have been another schedule's
    const { sigmas } = panel;
    across = logarithmic(sigmas[0], sigmas.at(-1), 8, side - 8);
    fill(rail, { width: side });
    ticks.replaceChildren();
    drawing("line", { class: "axis", x1: 8, x2: side - 8, y1: 12, y2: 12 }, ticks);
    for (const sigma of panel.waiting ? [] : sigmas)
      drawing("line", { x1: across(sigma), x2: across(sigma), y1: 6, y2: 18, stroke: panel.color }, ticks);
    const ends = [[8, "start", `σ ${plain(sigmas[0])}`], [side - 8, "end", plain(sigmas.at(-1))]];
    for (const [x, anchor, text] of ends) drawing("text", { x, y: 29, "text-anchor": `${anchor}` }, ticks, text);
  }

  function paint(sigma, { path, targets, colors, still: resting }) {
    const { sigmas, states, unit } = panel, { count, std, half } = table;
    const k = stepAt(sigmas, sigma), [before, after] = weightsBetween(sigmas[k], sigmas[k + 1], sigma, std);
    shown = { sigma };
    const context = canvas.getContext("2d"), pixels = canvas.width, zoom = pixels / (2 * half);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, pixels, pixels);
    background(context, sigma, pixels);
    if (panel.waiting) return wait();
    const a = before * unit * zoom, b = after * unit * zoom, first = 2 * k * count, next = first + 2 * count;
    // Round dots by two rectangles each, all in one path: ten times as fast as circles or pictures of them.
    const long = Math.round(DOT * ratio * Math.max(1, size / USUAL)), cut = Math.max(1, Math.round(long / 4)), short = long - 2 * cut;
    const corner = (pixels - long) / 2;
    context.beginPath();
    for (let at = 0; at < 2 * count; at += 2) {
      const x = Math.round(corner + a * states[first + at] + b * states[next + at]);
      const y = Math.round(corner - a * states[first + at + 1] - b * states[next + at + 1]);
      context.rect(x, y + cut, long, short);
      context.rect(x + cut, y, short, long);
    }
    context.globalAlpha = path === null ? 0.9 : 0.7;
    context.fillStyle = panel.color;
    context.fill();
    context.globalAlpha = 1;
    if (path !== null) followed(context, sigma, k, path, targets, colors);
    pointer.setAttribute("transform", `translate(${across(sigma).toFixed(2)},9)`);
    const words = describe(sigma, k);
    if (status.textContent !== words) status.textContent = words;
    if (resting || !canvas.hasAttribute("aria-label")) canvas.setAttribute("aria-label", spoken(words, path));
  }

  function wait() {
    status.textContent = "searching …";
    canvas.setAttribute("aria-label", `${panel.title}: its levels are searched for`);
  }

  function describe(sigma, k) {
    const { sigmas } = panel, n = sigmas.length - 1;
    const step = sigma >= sigmas[0] ? "start" : `step ${k + 1} of ${n}`;
    const reach = (table.half * spreadOf(sigma, table.std)) / table.std;
    return `${step}, σ = ${plain(sigma, 3)}, frame ±${plain(reach, 2)}`;
  }

  const spoken = (words, path) => `${panel.title}: ${table.count} particles from the same noise, at ${words}`
    + (path === null ? "" : `; path ${path + 1} is followed`);

  // The data's own density at this noise level, blended from the two pictures nearest to it.
  function background(context, sigma, pixels) {
    const { sigmas, pictures } = table.density;
    const k = stepAt(sigmas, sigma), inside = clamp(sigma, sigmas.at(-1), sigmas[0]);
    const share = Math.log(sigmas[k] / inside) / Math.log(sigmas[k] / sigmas[k + 1]);
    context.imageSmoothingEnabled = true;
    for (const [picture, opacity] of [[pictures[k], 1 - share], [pictures[k + 1], share]]) {
      if (opacity < 0.02) continue;
      context.globalAlpha = opacity;
      context.drawImage(picture, 0, 0, pixels, pixels);
    }
    context.globalAlpha = 1;
  }

  function trace(context, points) {
    context.beginPath();
    points.map(pixel).forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
  }

  // The reference's path, which stays as it is while all else moves: dashes are dear, so it is kept as a picture.
  function dashed(path, color) {
    const made = [table.id, path, size, ratio, color].join();
    if (behind.made === made) return behind.picture;
    const picture = document.createElement("canvas"), { sigmas } = panel;
    picture.width = picture.height = canvas.width;
    const context = picture.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    trace(context, pathPoints(table.reference, table.count, path, sigmas[0], sigmas.at(-1), table.std, 2));
    context.setLineDash([5, 4]);
    context.lineJoin = "round";
    context.strokeStyle = color;
    context.lineWidth = 1.8;
    context.stroke();
    behind = { made, picture };
    return picture;
  }

  function followed(context, sigma, step, path, targets, colors) {
    const { count, std } = table, { sigmas } = panel;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.lineJoin = context.lineCap = "round";
    const line = (points, color, width) => {
      trace(context, points);
      for (const [ink, wide] of [[colors.paper, width + 2.4], [color, width]]) {
        context.strokeStyle = ink;
        context.lineWidth = wide;
        context.stroke();
      }
    };
    const [high, low] = [sigmas[0], sigmas.at(-1)];
    context.drawImage(dashed(path, colors.reference), 0, 0, size, size);
    line(pathPoints(panel, count, path, sigma, low, std), colors.future, 1.6);
    line(pathPoints(panel, count, path, high, sigma, std), colors.text, 2.4);
    if (targets && panel.targets) aims(context, step, path, colors);
    for (const level of sigmas) {
      const [x, y] = pixel(placeAt(panel, count, path, level, std));
      context.beginPath();
      context.arc(x, y, 3.4, 0, 2 * Math.PI);
      context.fillStyle = level >= sigma ? colors.text : colors.paper;
      context.strokeStyle = colors.text;
      context.lineWidth = 1.3;
      context.fill();
      context.stroke();
    }
    const [x, y] = pixel(placeAt(panel, count, path, sigma, std));
    context.beginPath();
    context.arc(x, y, 6.5, 0, 2 * Math.PI);
    context.fillStyle = panel.color;
    context.strokeStyle = colors.text;
    context.lineWidth = 2;
    context.fill();
    context.stroke();
  }

  // From each state to the clean point that the denoiser sees behind it, where the path would end if that were right.
  function aims(context, step, path, colors) {
    const { count, std } = table, { sigmas, targets, unit } = panel;
    for (let k = 0; k < sigmas.length - 1; k += 1) {
      const at = 2 * (k * count + path), [x, y] = pixel(placeAt(panel, count, path, sigmas[k], std));
      const [tx, ty] = pixel([unit * targets[at], unit * targets[at + 1]]);
      context.globalAlpha = k === step ? 1 : 0.45;
      context.strokeStyle = colors.text;
      context.lineWidth = k === step ? 1.4 : 0.8;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(tx, ty);
      context.stroke();
      context.beginPath();
      context.arc(tx, ty, 3, 0, 2 * Math.PI);
      context.fillStyle = colors.paper;
      context.fill();
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  return { lay, paint, remove: () => box.remove() };
}
