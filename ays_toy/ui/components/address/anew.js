// A page that Streamlit's part in the browser has given up on is opened anew: nothing that is sent would change it again.
//
// Its address says all that was chosen, and a run that it showed is found again.

const GIVEN_UP = /delta path/, LEAST = 10_000;  // what it says then; milliseconds between two openings

function openAnewWhereLost() {
  const lost = ({ message, reason }) => {
    const before = Number(sessionStorage.openedAnew ?? 0);
    if (!GIVEN_UP.test(message ?? reason?.message) || Date.now() - before < LEAST) return;
    sessionStorage.openedAnew = Date.now();
    location.reload();
  };
  window.addEventListener("error", lost);
  window.addEventListener("unhandledrejection", lost);
}
