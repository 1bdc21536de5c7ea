// Plays the frames of the figure on this page, by itself unless the reader wants no motion; the bar goes to any of them.
// Before this stand `labels`, one a frame, and `pace`, milliseconds of a frame.
const figure = document.getElementById("{plot_id}");
const [play, bar, words] = ["play", "bar", "words"].map((name) => document.getElementById(name));
const last = labels.length - 1;
let timer = null;

function show(at) {
  bar.value = at;
  bar.setAttribute("aria-valuetext", labels[at]);
  words.textContent = labels[at];
  figure.dataset.frame = at;
  const atOnce = { mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 } };
  return Plotly.animate(figure, [String(at)], atOnce).catch(() => {});  // overtaken by the next
}
function pause() {
  clearTimeout(timer);
  timer = null;
  play.textContent = "Play";
}
async function next(at) {
  const due = performance.now() + pace;
  await show(at);
  if (timer === null) return;
  if (at >= last) pause();
  else timer = setTimeout(next, Math.max(0, due - performance.now()), at + 1);
}
function start() {
  play.textContent = "Pause";
  timer = 0;
  next(Number(bar.value) >= last ? 0 : Number(bar.value));
}
play.addEventListener("click", () => (timer === null ? start() : pause()));
bar.addEventListener("input", () => { pause(); show(Number(bar.value)); });
if (matchMedia("(prefers-reduced-motion: reduce)").matches) show(0); else start();
