// Pictures, and the rail, that follow the sliders Steps and Power while these move.
//
// data: see Following.payload, or null: nothing follows.

function followed(component) {
  const root = node("div", {}, component.parentElement);
  const rail = movingRail(root);
  let data = null, text = "", tables = {}, pictures = [], known = "";
  const at = (panel) => ({ ...data.live, ...panel });
  const called = ({ name }, power) => tableOf(name, power, data.weighted);

  function settle() {
    if (data) rail.update(data.rail, data.rail.within);
    else rail.hide();
    while (pictures.length > (data?.panels.length ?? 0)) pictures.pop().destroy();
    pictures.forEach((picture, k) => picture.update(at(data.panels[k])));
  }

  /** What the figures say that they show: the pictures' own and the rail; null for one that is left out. */
  const metas = () => data ? [panelOf(at(data.panels[0]))?.figure, rail.figure()].map((one) => one?.layout?.meta ?? null) : [];

  function moved() {
    const [seen, priced] = metas(), shown = seen ?? priced;
    if (!shown) return;
    watch();
    if (seen) while (pictures.length < data.panels.length) pictures.push(livePicture(root));
    settle();
    const meta = standing(shown), [steps, power] = meta;
    if (seen) data.panels.forEach((panel, k) => {
      const name = called(panel, power), levels = tables[name]?.at.get(steps);
      if (steps === shown[0] && name === called(panel, shown[1])) pictures[k].hide();
      else if (levels) pictures[k].move(levels, meta);
      else pictures[k].wait("searching …", meta);
    });
    const rows = data.panels.map((panel) => tables[called(panel, power)])
      .map(({ look, at: levels }) => ({ ...look, levels: levels.get(steps) }));
    if (JSON.stringify(meta) === JSON.stringify(priced)) rail.hide(); else rail.move([...data.rail.yours, ...rows], meta);
  }

  const watcher = watchSliders(moved);
  // Python may come with what the sliders stood at before they were moved on, or put back.
  const arrivals = new MutationObserver(() => {
    const found = metas(), text = JSON.stringify(found);
    if (text === known) return;
    known = text;
    if (found.some((meta) => meta?.some((one, k) => one !== null && one !== standing(meta)[k]))) moved();
  });
  function watch() {
    known = JSON.stringify(metas());
    for (const key of [data.live.within, data.rail.within]) {
      const container = document.querySelector(`.st-key-${key}`);
      if (container) arrivals.observe(container, { subtree: true, childList: true, attributeFilter: ["href", "xlink:href"] });
    }
  }

  return {
    update({ data: latest }) {
      const said = JSON.stringify(latest);
      if (said === text) return;
      [data, text] = [latest, said];
      tables = tablesOf(data?.levels ?? {});
      settle();
    },
    destroy() {
      watcher.disconnect();
      arrivals.disconnect();
      for (const picture of pictures) picture.destroy();
      rail.destroy();
      root.remove();
    },
  };
}

export default (component) => mount(component, followed);
