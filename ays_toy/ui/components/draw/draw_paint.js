// What the drawing pad paints: strokes as ink, guides of the symmetry, the brush; and the corners that a path needs.

const PAPER = "#00224e", INK = "#fee838", GUIDE = "rgb(255 255 255 / 28%)";  // the ends of the density pictures' colors

// A stroke's path under every matrix of its symmetry, about the center; one path, so that ink does not add up on itself.
function tracePath(stroke, matrices, lattice) {
  const path = new Path2D(), middle = (lattice - 1) / 2, { path: flat } = stroke;
  for (const [a, b, c, d] of matrices)
    for (let k = 0; k < flat.length; k += 2) {
      const x = flat[k] - middle, y = flat[k + 1] - middle;
      const [px, py] = [a * x + b * y + middle + 0.5, c * x + d * y + middle + 0.5];
      if (k) path.lineTo(px, py);
      else { path.moveTo(px, py); path.lineTo(px + 0.01, py); }  // a dot is a line too, or it would not be drawn
    }
  return path;
}

// One stroke of ink, or of the eraser: it covers a share of what is bare still, as Drawing.density does.
function paintStroke(context, stroke, matrices, strengths, lattice) {
  const scale = context.canvas.width / lattice;
  context.save();
  context.scale(scale, scale);
  context.globalCompositeOperation = stroke.erase ? "destination-out" : "source-over";
  context.globalAlpha = stroke.erase ? 1 : strengths[stroke.strength];
  Object.assign(context, { lineWidth: stroke.brush, lineCap: "round", lineJoin: "round", strokeStyle: INK });
  context.stroke(tracePath(stroke, matrices, lattice));
  context.restore();
}

// The axes that the matrices mirror in or turn by: from the center towards the images of one direction.
function paintGuides(context, matrices, size) {
  context.save();
  Object.assign(context, { strokeStyle: GUIDE, lineWidth: 1 });
  context.setLineDash([3, 5]);
  const middle = size / 2, mirrored = matrices.some(([a, b, c, d]) => a * d - b * c < 0);
  const rays = !mirrored ? matrices.map(([a, b, c, d]) => [-b, -d])
    : matrices.length > 2 ? [[0, -1], [0, 1], [1, 0], [-1, 0]] : [[0, -1], [0, 1]];
  if (matrices.length > 1)
    for (const [x, y] of rays) {
      context.beginPath();
      context.moveTo(middle, middle);
      context.lineTo(middle + x * size, middle + y * size);
      context.stroke();
    }
  context.restore();
}

// The brush where it stands, seen on paper and on ink; filled while it is down, with a cross while it is up.
function paintBrush(context, x, y, radius, down, erase) {
  context.save();
  for (const [color, width] of [["#000", 3], ["#fff", 1.4]]) {
    Object.assign(context, { strokeStyle: color, lineWidth: width });
    context.setLineDash(erase ? [4, 3] : []);
    context.beginPath();
    context.arc(x, y, Math.max(3, radius), 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
    if (down) continue;
    context.beginPath();
    context.moveTo(x - 4, y);
    context.lineTo(x + 4, y);
    context.moveTo(x, y - 4);
    context.lineTo(x, y + 4);
    context.stroke();
  }
  context.restore();
}

// The corners [[x, y], …] that keep a path within `tolerance` of itself (Ramer, Douglas, Peucker), without recursion.
function corners(path, tolerance) {
  const keep = new Uint8Array(path.length), open = [[0, path.length - 1]];
  keep[0] = keep[path.length - 1] = 1;
  while (open.length) {
    const [first, last] = open.pop(), [ax, ay] = path[first], [bx, by] = path[last];
    const dx = bx - ax, dy = by - ay, squared = dx * dx + dy * dy;
    let worst = tolerance, at = -1;
    for (let k = first + 1; k < last; k += 1) {
      const [x, y] = path[k];
      const along = squared ? clamp(((x - ax) * dx + (y - ay) * dy) / squared, 0, 1) : 0;
      const off = Math.hypot(x - ax - along * dx, y - ay - along * dy);
      if (off > worst) [worst, at] = [off, k];
    }
    if (at < 0) continue;
    keep[at] = 1;
    open.push([first, at], [at, last]);
  }
  return path.filter((_, k) => keep[k]);
}
