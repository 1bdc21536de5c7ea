// Samples of what is drawn, while it is drawn: over their panel beside the pad, or in a corner of the paper, away from the
// brush, while that is out of sight or there is none yet.

const PART = 0.34, AWAY = 0.04;  // of the paper's side: the picture in its corner, what it keeps from the brush

/**
 * @param {HTMLElement} root positioned
 * @param {HTMLCanvasElement} paper
 * @param {() => [number, number] | null} brush where it is, from 0 to 1 along the paper
 */
function padSamples(root, paper, brush) {
  let levels = [], right = true;
  const picture = livePicture(root, () => {
    const box = paper.getBoundingClientRect(), size = PART * box.width, [x, y] = brush() ?? [0, 0];
    const near = PART + AWAY;
    if (y > 1 - near && (right ? x > 1 - near : x < near)) right = !right;
    return { left: right ? box.right - size : box.left, top: box.bottom - size - 16, width: size, height: size };
  });
  return {
    update({ live, levels: latest }) {
      levels = latest;
      picture.update(live);
    },
    /** The brush moves: these strokes are on the paper now. */
    move(strokes) {
      picture.draws(strokes);
      picture.move(levels);
    },
    /** They have come to rest; the figure will say by `meta` that it shows them. */
    rest(strokes, meta) {
      picture.draws(strokes);
      picture.rest(levels, meta);
    },
    hide: picture.hide,
    destroy: picture.destroy,
  };
}
