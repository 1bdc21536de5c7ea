// Paths that follow the sliders Steps and Power while these move, carried by the worker; Python's take their place.
//
// data: see LiveFlow.of in flow/__init__.py, or null: nothing follows.

const PAUSING = 150;  // milliseconds after which a hand pauses, where motion is not wanted

/**
 * @param {(panels: Object[] | null) => void} show what is to be seen: of each schedule its title, levels and paths, or
 *   { waiting } where its levels have to be searched for; null: what Python has sent
 */
function liveFlow(show) {
  const worker = sampler(({ paths }) => arrived(paths));
  let data = null, held = null, shown = "", targets = false, wanted = null, pausing = null;
  const watcher = watchSliders(moved);

  function moved() {
    clearTimeout(pausing);
    if (!data || !worker?.knows(data.model)) return;
    const stand = standing(), [steps, power] = stand;
    if (JSON.stringify(stand) === shown) return give();
    const names = data.panels.map((name) => tableOf(name, power, data.weighted));
    const levels = names.map((name) => data.tables[name]?.get(steps));
    if (!levels.some(Boolean)) return undefined;
    wanted = { titles: names.map((name, k) => data.titles[name] ?? data.titles[data.panels[k]]), levels };
    if (still()) pausing = setTimeout(ask, PAUSING); else ask();
    return undefined;
  }
  function ask() {
    const schedules = wanted.levels.filter(Boolean);
    worker.ask({ model: data.model.id, flow: { ...data.flow, schedules, targets }, wanted });
  }
  function arrived(paths) {
    if (!wanted) return;
    const [first] = paths, left = [...paths];
    show(wanted.levels.map((levels, k) => ({
      title: wanted.titles[k], waiting: !levels, ...(levels ? left.shift() : { sigmas: first.sigmas, states: null, targets: null }),
    })));
  }
  function give() {
    wanted = null;
    worker.drop();
    show(null);
  }

  return {
    /** What Python has sent, and where the sliders stood for it; `aims`: whether targets are wanted. */
    update(latest, stood, aims) {
      [shown, targets] = [JSON.stringify(stood), aims];
      if (!latest) data = held = null;
      else if (latest.model) {
        const tables = Object.fromEntries(Object.entries(latest.levels).map(([name, table]) => [name, lengths(table)]));
        [data, held] = [{ ...latest, tables }, latest.id];
      }
      if (data) worker?.knows(data.model);
    },
    /** Python's paths are there. */
    settle() {
      clearTimeout(pausing);
      wanted = null;
      worker?.drop();
    },
    get held() { return held; },
    destroy() {
      watcher.disconnect();
      clearTimeout(pausing);
      worker?.stop();
    },
  };
}
