// Before the page is printed, tells the style for paper how wide the page is on the screen and by how much to shrink it:
// figures have the size that they were drawn in, and would be cut.

const SHEET = 1000;  // pixels between the margins of a sheet of A4 or Letter on its side
const UNDER = 490;  // pixels of it that a heading of three lines leaves below

export default () => {
  if (window.fitsPaper) return;  // this function runs again on every page
  window.fitsPaper = true;
  window.addEventListener("beforeprint", () => {
    const page = document.querySelector("[data-testid=stMainBlockContainer]");
    if (!page) return;
    const style = getComputedStyle(page), width = page.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const say = (name, value) => document.documentElement.style.setProperty(name, value);
    const fit = Math.min(1, SHEET / width), pictures = page.querySelector(".st-key-strips")?.closest("[data-testid=stHorizontalBlock]");
    say("--drawn-width", `${width}px`);
    say("--fit", fit.toFixed(4));
    if (pictures) say("--fit-pictures", Math.max(0.5, Math.min(1, UNDER / (fit * pictures.offsetHeight))).toFixed(4));
  });
};
