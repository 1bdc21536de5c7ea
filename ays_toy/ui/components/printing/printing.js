// Before the page is printed, tells the style for paper how wide the page is on the screen and by how much to shrink it:
// figures have the size that they were drawn in, and would be cut.

const SHEET = 1000;  // pixels between the margins of a sheet of A4 or Letter on its side

export default () => {
  if (window.fitsPaper) return;  // this function runs again on every page
  window.fitsPaper = true;
  window.addEventListener("beforeprint", () => {
    const page = document.querySelector("[data-testid=stMainBlockContainer]");
    if (!page) return;
    const style = getComputedStyle(page), width = page.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    document.documentElement.style.setProperty("--drawn-width", `${width}px`);
    document.documentElement.style.setProperty("--fit", Math.min(1, SHEET / width).toFixed(4));
  });
};
