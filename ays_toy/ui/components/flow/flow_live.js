// Paths that follow the sliders Steps and Power while these move, carried by the workers; Python's take their place.
//
// data: see LiveFlow.of in flow/__init__.py, or null: nothing follows.

const PAUSING = 150;  // milliseconds after which a hand pauses, where motion is not wanted

/**
 * @param {(panels: Object[] | null) => void} show what is to be seen: of each schedule its look, levels and paths, or
 *   { waiting } where its levels have to be searched for; null: what Python has sent
 */
function liveFlow(show) {
  const workers = sampler(arrived, give);
  let data = null, held = null, shown = [], targets = false, pausing = null;
  let ahead = false;  // the sliders stand where Python has not come to
  const watcher = watchSliders(moved);

  function moved() {
    clearTimeout(pausing);
    if (!data || !workers.knows(data.model)) return;
    const stand = standing(shown), [steps, power] = stand;
    ahead = JSON.stringify(stand) !== JSON.stringify(shown);
    if (!ahead) { give(); return; }
    const led = data.panels.map((name) => data.tables[tableOf(name, power, data.weighted)]);
    const wanted = led.map(({ look, at }) => ({ look, levels: at.get(steps) }));
    if (!wanted.some(({ levels }) => levels)) return;
    if (still()) pausing = setTimeout(ask, PAUSING, wanted); else ask(wanted);
  }
  function ask(wanted) {
    const schedules = wanted.map(({ levels }) => levels).filter(Boolean);
    workers.ask({ model: data.model.id, flow: { ...data.flow, schedules, targets }, wanted });
  }
  function arrived({ paths }, { wanted }) {
    const left = [...paths], none = { sigmas: paths[0].sigmas, states: null, targets: null };
    show(wanted.map(({ look, levels }) => ({ ...look, waiting: !levels, ...(levels ? left.shift() : none) })));
  }
  function give() {
    workers.drop();
    show(null);
  }

  return {
    /** What Python has sent, and where the sliders stood for it; `aims`: whether targets are wanted. */
    update(latest, stood, aims) {
      [shown, targets] = [stood, aims];
      if (!latest) data = held = null;
      else if (latest.model) [data, held] = [{ ...latest, tables: tablesOf(latest.levels) }, latest.id];
      if (data) workers.knows(data.model);
      if (ahead) moved();
    },
    /** Python's paths are there. */
    settle() {
      clearTimeout(pausing);
      workers.drop();
    },
    get held() { return held; },
    destroy() {
      watcher.disconnect();
      clearTimeout(pausing);
      workers.stop();
    },
  };
}
