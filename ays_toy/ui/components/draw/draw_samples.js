// Samples of what is drawn, while it is drawn: over their panel beside the pad, or beside the tools while that is out of
// sight or there is none yet.

const SMALL = 100, WORDS = 16;  // pixels: the picture beside the tools at most, the words under it

/**
 * @param {HTMLElement} root positioned
 * @param {HTMLElement} tools with room beside them
 * @param {HTMLElement} paper
 */
function padSamples(root, tools, paper) {
  let levels = [];
  const picture = livePicture(root, () => {
    const { right, top } = paper.getBoundingClientRect();
    const room = right - Math.max(...[...tools.querySelectorAll("label")].map((one) => one.getBoundingClientRect().right));
    const size = Math.min(SMALL, room - 4);
    return { left: right - size, top: top - size - WORDS - 2, width: size, height: size };
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
