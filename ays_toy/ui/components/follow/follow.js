// Pictures, and the rail, that follow the sliders Steps and Power while these move. Streamlit tells Python of a slider when it is let
// go; its thumb says in the page at any time where it stands, and that is what is watched here.
//
// data: see Following.payload, or null: nothing follows.

const SLIDERS = ["steps", "power"];
const THUMBS = SLIDERS.map((key) => `.st-key-${key} input[type=range]`);

/** Where the sliders stand, as the figure's `meta` says it: null for one that is not drawn. */
const standing = () => THUMBS.map((thumb) => {
  const found = document.querySelector(thumb)?.getAttribute("aria-valuetext");
  return found ? Number(found) : null;
});

/** A table of levels as it is sent. @returns {{look: Object, at: Map<number, number[]>}} levels [n + 1] by n */
function lengths({ steps, sigmas, look }) {
  const all = new Float32Array(Uint8Array.from(atob(sigmas), (letter) => letter.charCodeAt(0)).buffer), found = new Map();
  let first = 0;
  for (const n of steps) {
    found.set(n, [...all.subarray(first, first + n + 1)]);
    first += n + 1;
  }
  return { look, at: found };
}

function followed(component) {
  const root = node("div", {}, component.parentElement);
  const rail = movingRail(root);
  let data = null, text = "", tables = {}, pictures = [];
  const at = (panel) => ({ ...data.live, ...panel });
  const called = ({ name }, power) => (name === data.weighted ? `${name} ${power}` : name);

  function settle() {
    if (data) rail.update(data.rail, data.rail.within);
    else rail.hide();
    while (pictures.length > (data?.panels.length ?? 0)) pictures.pop().destroy();
    pictures.forEach((picture, k) => picture.update(at(data.panels[k])));
  }

  function moved() {
    const shown = data && panelOf(at(data.panels[0]))?.figure.layout?.meta;
    if (!shown) return;
    while (pictures.length < data.panels.length) pictures.push(livePicture(root));
    settle();
    const meta = standing(), [steps, power] = meta;
    data.panels.forEach((panel, k) => {
      const name = called(panel, power), levels = tables[name]?.at.get(steps);
      if (steps === shown[0] && name === called(panel, shown[1])) pictures[k].hide();
      else if (levels) pictures[k].move(levels, meta);
      else pictures[k].wait("searching …", meta);
    });
    const rows = data.panels.map((panel) => tables[called(panel, power)])
      .map(({ look, at: lengths_ }) => ({ ...look, levels: lengths_.get(steps) }));
    if (JSON.stringify(meta) === JSON.stringify(shown)) rail.hide(); else rail.move([...data.rail.yours, ...rows], meta);
  }

  const watcher = new MutationObserver((changes) => {
    const other = ({ target, oldValue }) => target.getAttribute("aria-valuetext") !== oldValue;
    if (changes.some((change) => change.target.matches(THUMBS.join()) && other(change))) moved();
  });
  watcher.observe(document.body, { subtree: true, attributeFilter: ["aria-valuetext"], attributeOldValue: true });

  return {
    update({ data: latest }) {
      const said = JSON.stringify(latest);
      if (said === text) return;
      [data, text] = [latest, said];
      tables = Object.fromEntries(Object.entries(data?.levels ?? {}).map(([name, table]) => [name, lengths(table)]));
      settle();
    },
    destroy() {
      watcher.disconnect();
      for (const picture of pictures) picture.destroy();
      rail.destroy();
      root.remove();
    },
  };
}

export default (component) => mount(component, followed);
