// Pictures that follow the sliders Steps and Power while these move.
//
// data: see Following.payload, or null: nothing follows.

function followed(component) {
  const root = node("div", {}, component.parentElement);
  let data = null, text = "", tables = {}, pictures = [];
  const at = (panel) => ({ ...data.live, ...panel });
  const called = ({ name }, power) => tableOf(name, power, data.weighted);

  function settle() {
    while (pictures.length > (data?.panels.length ?? 0)) pictures.pop().destroy();
    pictures.forEach((picture, k) => picture.update(at(data.panels[k])));
  }

  function moved() {
    const shown = data && panelOf(at(data.panels[0]))?.figure.layout?.meta;
    if (!shown) return;
    while (pictures.length < data.panels.length) pictures.push(livePicture(root));  // a worker each, once they are wanted
    settle();
    const meta = standing(), [steps, power] = meta;
    data.panels.forEach((panel, k) => {
      const name = called(panel, power), levels = tables[name]?.get(steps);
      if (steps === shown[0] && name === called(panel, shown[1])) pictures[k].hide();
      else if (levels) pictures[k].move(levels, meta);
      else pictures[k].wait("searching …", meta);
    });
  }

  const watcher = watchSliders(moved);

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
      root.remove();
    },
  };
}

export default (component) => mount(component, followed);
