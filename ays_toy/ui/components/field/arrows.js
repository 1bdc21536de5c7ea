// One panel of the field player: density, arrows, and the square that holds the data, on a canvas.

const CELLS = 1.3;  // length of the longest arrow, in cells of the lattice
const FAINT = 0.4;  // how opaque arrows are where there are hardly any noisy data
const DARK = "rgb(0 0 0 / 75%)";

function paintField(canvas, size, picture, colors, font) {
  const { density, arrows, likely, zoom } = picture;
  const ratio = window.devicePixelRatio || 1, pixels = Math.round(size * ratio);
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  canvas.style.width = canvas.style.height = `${size}px`;
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(densityImage(density, colors), 0, 0, pixels, pixels);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  paintArrows(context, size, arrows, likely);
  if (zoom < 0.87) dataSquare(context, size, zoom, font);
}

let spare = null;  // one small canvas, for all densities in turn
function densityImage(density, colors) {
  const bins = Math.sqrt(density.length);
  spare = spare || document.createElement("canvas");
  if (spare.width !== bins) spare.width = spare.height = bins;
  const context = spare.getContext("2d"), image = context.createImageData(bins, bins);
  for (let row = 0; row < bins; row += 1) {
    for (let column = 0; column < bins; column += 1) {
      const shade = 3 * Math.round(density[(bins - 1 - row) * bins + column]);  // row 0 of a picture is on top
      const at = 4 * (row * bins + column);
      for (let k = 0; k < 3; k += 1) image.data[at + k] = colors[shade + k];
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return spare;
}

function dataSquare(context, size, zoom, font) {
  const side = size * zoom, corner = (size - side) / 2;
  context.setLineDash([5, 4]);
  for (const [width, color] of [[3, DARK], [1.3, "white"]]) {
    context.lineWidth = width;
    context.strokeStyle = color;
    context.strokeRect(corner, corner, side, side);
  }
  context.setLineDash([]);
  context.font = `12px ${font}`;
  context.fillStyle = DARK;
  context.fillRect(corner, corner - 17, context.measureText("data").width + 10, 17);
  context.fillStyle = "white";
  context.fillText("data", corner + 5, corner - 4);
}

// Where arrow k starts, in pixels of a panel of that size.
function arrowStart(k, lattice, size) {
  const cell = size / lattice;
  return [((k % lattice) + 0.5) * cell, size - (Math.floor(k / lattice) + 0.5) * cell];
}

// arrows: [x, y] pairs in units of the longest one.
function paintArrows(context, size, arrows, likely) {
  const lattice = Math.sqrt(likely.length), cell = size / lattice;
  const groups = [FAINT, 1].map((opacity) => ({ opacity, shafts: new Path2D(), heads: new Path2D() }));
  likely.forEach((here, k) => {
    addArrow(groups[here ? 1 : 0], arrowStart(k, lattice, size), arrows.subarray(2 * k, 2 * k + 2), cell);
  });
  context.lineJoin = context.lineCap = "round";
  for (const { opacity, shafts, heads } of groups) {
    context.globalAlpha = opacity;
    context.strokeStyle = DARK;
    context.lineWidth = 3.4;
    context.stroke(shafts);
    context.lineWidth = 1.8;
    context.stroke(heads);
    context.strokeStyle = context.fillStyle = "white";
    context.lineWidth = 1.5;
    context.stroke(shafts);
    context.fill(heads);
  }
  context.globalAlpha = 1;
}

function addArrow({ shafts, heads }, [x, y], arrow, cell) {
  const dx = arrow[0] * CELLS * cell, dy = -arrow[1] * CELLS * cell, length = Math.hypot(dx, dy);
  if (length < 1.2) {  // too short to point: a dot
    heads.moveTo(x + 1, y);
    heads.arc(x, y, 1, 0, 2 * Math.PI);
    return;
  }
  const head = Math.min(0.36 * cell, 0.55 * length), half = 0.45 * head, ux = dx / length, uy = dy / length;
  const bx = x + dx - head * ux, by = y + dy - head * uy;
  shafts.moveTo(x, y);
  shafts.lineTo(bx, by);
  heads.moveTo(x + dx, y + dy);
  heads.lineTo(bx - half * uy, by + half * ux);
  heads.lineTo(bx + half * uy, by - half * ux);
  heads.closePath();
}
