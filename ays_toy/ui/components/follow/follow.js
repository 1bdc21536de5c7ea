// Pictures, and the rail, that go before Python's: where the sliders Steps and Power lead while these move, and what has
// just been chosen otherwise, before Python has computed any of it.
//
// data: { following }, see Following.payload, or null. What else there is to know is `page`'s.

const FIGURE = ".st-key-panels .js-plotly-plot:has(.heatmaplayer image)";

function followed(component) {
  const root = node("div", {}, component.parentElement);
  const rail = movingRail(root), row = pictureRow(root, figure);
  let data = null, text = "", tables = {}, pictures = [], known = "";
  const at = (panel) => ({ ...data.live, ...panel });
  const called = ({ name }, power) => tableOf(name, power, data.weighted);
  const app = document.querySelector("[data-testid=stApp]"), main = document.querySelector("[data-testid=stMain]");

  function figure() { return [...document.querySelectorAll(FIGURE)].at(-1); }

  /** What the figures say that they show: the pictures' own and the rail; null for one that is not there. */
  const metas = () => [figure(), rail.figure()].map((one) => one?.layout?.meta ?? null);

  function prices() {
    const { priced } = page, mine = priced?.model === data?.model ? priced : null;
    tables = tablesOf({ ...data?.levels, ...mine?.levels });
    if (data) rail.update(mine?.table ?? null, data.rail);
  }

  function settle() {
    if (!data) rail.hide();
    while (pictures.length > (data?.panels.length ?? 0)) pictures.pop().destroy();
    pictures.forEach((picture, k) => picture.update(at(data.panels[k])));
  }

  /** Show the row of these schedules, or none; what is not of the view that is chosen has no numbers beside it. */
  function ahead(schedules, unlike = false, alike = false) {
    if (schedules) row.show(schedules); else row.hide();
    app.toggleAttribute("data-ahead", unlike || (row.shown && !alike));
  }

  function moved() {
    if (!page.meta || (data && data.view !== page.meta[2])) return;  // the rest is on its way
    const [shown, priced] = metas(), meta = standing(page.meta), [steps, power, view] = meta;
    known = JSON.stringify([shown, priced]);
    if (!data) { ahead(null); return; }
    const rows = data.panels.map((panel) => {
      const { look = panel.look, at: levels } = tables[called(panel, power)] ?? {};
      return { ...look, levels: levels?.get(steps) };
    });
    const unlike = (one) => one && typeof one[2] === "string" && one[2] !== view;  // and no figure of another page
    const toCome = shown?.length > meta.length;  // its numbers are of this view, and its pictures of none
    const other = unlike(shown) || (toCome && row.shown);
    if (shown) ahead(other ? [...rows, ...data.yours] : null, unlike(priced), !unlike(shown));
    if (other) for (const picture of pictures) picture.hide();
    const seen = !other && panelOf(at(data.panels[0])) && shown;
    if (seen) while (pictures.length < data.panels.length) pictures.push(livePicture(root));
    settle();
    if (seen) data.panels.forEach((panel, k) => {
      const { levels } = rows[k];
      if (!toCome && steps === shown[0] && called(panel, power) === called(panel, shown[1])) pictures[k].hide();
      else if (levels) pictures[k].move(levels, meta);
      else pictures[k].wait("searching …", meta);
    });
    if (!priced || JSON.stringify(meta) === JSON.stringify(priced)) rail.hide();
    else rail.move([...data.yours, ...rows], meta);
  }

  const watcher = watchSliders(moved);
  // Python may come with what the sliders stood at before they were moved on, or put back.
  const arrivals = new MutationObserver(() => { if (JSON.stringify(metas()) !== known) moved(); });
  arrivals.observe(main, { subtree: true, childList: true, attributeFilter: ["href", "xlink:href"] });
  const ends = new MutationObserver(() => {  // a run that has failed brings no figure
    if (app.dataset.testScriptState === "notRunning" && !document.querySelector(".st-key-panels")) ahead(null);
  });
  ends.observe(app, { attributeFilter: ["data-test-script-state"] });
  const changed = page.changed = (name) => {
    if (name === "priced") prices();
    moved();
  };

  return {
    update({ data: { following } }) {
      const said = JSON.stringify(following);
      if (said === text) return;
      const other = following?.view !== data?.view;
      [data, text] = [following, said];
      prices();
      if (other) row.update(data);
      settle();
      moved();
    },
    destroy() {
      watcher.disconnect();
      arrivals.disconnect();
      ends.disconnect();
      if (page.changed === changed) page.changed = () => {};
      app.removeAttribute("data-ahead");
      for (const picture of pictures) picture.destroy();
      rail.destroy();
      row.destroy();
      root.remove();
    },
  };
}

export default (component) => mount(component, followed);
