// The sliders Steps and Power while these move. Streamlit tells Python of a slider when it is let go; its thumb says in
// the page at any time where it stands, and that is what is watched here.

const SLIDERS = ["steps", "power"];
const THUMBS = SLIDERS.map((key) => `.st-key-${key} input[type=range]`);

/** What Python says of itself, [steps, power, …], with where the sliders stand; what has none is as Python says. */
const standing = (shown) => shown.map((one, k) => {
  const found = one !== null && THUMBS[k] && document.querySelector(THUMBS[k])?.getAttribute("aria-valuetext");
  return found ? Number(found) : one;
});

/** Hear of every place that they come to. @returns {MutationObserver} */
function watchSliders(moved) {
  const watcher = new MutationObserver((changes) => {
    const other = ({ target, oldValue }) => target.getAttribute("aria-valuetext") !== oldValue;
    if (changes.some((change) => change.target.matches(THUMBS.join()) && other(change))) moved();
  });
  watcher.observe(document.body, { subtree: true, attributeFilter: ["aria-valuetext"], attributeOldValue: true });
  return watcher;
}

/** The name of a schedule's table; the weighted one has a table for each power. */
const tableOf = (name, power, weighted) => (name === weighted ? `${name} ${power}` : name);

/** Tables of levels by name, as they are sent. @returns {Object<string, {look: Object, at: Map<number, number[]>}>} */
const tablesOf = (sent) => Object.fromEntries(Object.entries(sent).map(([name, table]) => [name, lengths(table)]));

/** One of them: its look, and levels [n + 1] by n. */
function lengths({ steps, sigmas, look }) {
  const all = numbers(sigmas, Float32Array), found = new Map();
  let first = 0;
  for (const n of steps) {
    found.set(n, [...all.subarray(first, first + n + 1)]);
    first += n + 1;
  }
  return { look, at: found };
}
