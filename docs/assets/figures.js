// Draws the page's Plotly figures in the colors of its theme, and again when the reader changes that.

const INK = { default: "#15171C", slate: "#FAFAFA" };
const LINES = { default: "#E2E4E8", slate: "#3A404C" };

function look() {
  const scheme = document.body.dataset.mdColorScheme in INK ? document.body.dataset.mdColorScheme : "default";
  const axis = { gridcolor: LINES[scheme], zerolinecolor: LINES[scheme], linecolor: LINES[scheme], automargin: true };
  const clear = "rgba(0,0,0,0)";
  const font = { family: getComputedStyle(document.body).fontFamily, color: INK[scheme] };
  const words = { heatmap: [{ textfont: { color: INK[scheme] } }] };  // the map of winners is thin over the page
  return { data: words, layout: { font, paper_bgcolor: clear, plot_bgcolor: clear, xaxis: axis, yaxis: axis } };
}

async function draw(place) {
  const figure = JSON.parse(place.querySelector("script").textContent);
  figure.layout.template = look();
  const config = { displayModeBar: false, responsive: true, scrollZoom: false };
  await Plotly.react(place.querySelector("div"), { ...figure, config });
}

function drawAll() {
  for (const place of document.querySelectorAll(".figure")) draw(place);
}

if (document.querySelector(".figure")) {
  const library = document.createElement("script");
  library.src = new URL("plotly.min.js", document.currentScript.src);
  library.onload = () => {
    drawAll();
    new MutationObserver(drawAll).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  };
  document.head.append(library);
}
