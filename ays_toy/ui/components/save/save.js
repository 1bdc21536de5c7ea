// Buttons that save a Plotly figure of the page as a picture, made by the library that drew it: as it is seen, but on paper.
//
// data: { chart: the key of the figure, file: a name without its ending, title, look: a template of Plotly's,
//   scale: pixels of a PNG for one on the screen }

const FORMATS = {  // what a button says, and the file of what the library gives
  png: ["PNG", (text) => new Blob([numbers(text, Uint8Array)], { type: "image/png" })],
  svg: ["SVG", (text) => new Blob([text], { type: "image/svg+xml" })],
};
const KEPT = 60000;  // milliseconds that a file stays to be saved

const drawnUnder = (key) => {
  const place = CSS.escape(key.replace(/[^a-zA-Z0-9_-]/g, "-"));
  return [...document.querySelectorAll(`.st-key-${place} .js-plotly-plot`)].at(-1);
};

/** The figure as a file: the data and the layout that are on the screen, in the look of paper. */
async function pictureOf(shown, { look, scale }, format) {
  const box = shown.getBoundingClientRect(), [width, height] = [box.width, box.height].map(Math.round);
  const layout = { ...shown.layout, template: look, paper_bgcolor: undefined, plot_bgcolor: undefined, font: undefined };
  const figure = { data: shown.data, layout, config: { staticPlot: true } };
  const text = await window.Plotly.toImage(figure, { format, width, height, scale: format === "png" ? scale : 1, imageDataOnly: true });
  return FORMATS[format][1](text);
}

function hand(blob, name) {
  const link = node("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}

function saver(component) {
  const root = node("div", { class: "save" }, component.parentElement);
  let { data } = component;
  const buttons = Object.entries(FORMATS).map(([format, [label]]) => {
    const button = node("button", { type: "button" }, root, label);
    button.addEventListener("click", () => save(format));
    return button;
  });
  const words = node("span", { class: "spoken", role: "status" }, root);
  async function save(format) {
    const shown = drawnUnder(data.chart), name = `${data.file}.${format}`;
    try {
      hand(await pictureOf(shown, data, format), name);
      words.textContent = `Saved ${name}`;
    } catch (error) {
      words.textContent = "The figure could not be saved: it is not on the page now.";
      console.error(error);
    }
  }
  return {
    update({ data: latest }) {
      data = latest;
      Object.values(FORMATS).forEach(([label], k) => buttons[k].setAttribute("aria-label", `${data.title} as ${label}`));
    },
    destroy: () => root.remove(),
  };
}

export default (component) => mount(component, saver);
