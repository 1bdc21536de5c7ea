// One entry in the browser's history for one deed of a person.
//
// Streamlit adds an entry for a page that is opened, and another as soon as the page has said in its address what it
// shows. Back would lead from the second to the first, which is the same page without its choices. What is added with
// nobody having done anything since the last entry takes that entry's place instead.

const DEEDS = ["pointerdown", "keydown", "click", "input"];

export default () => {
  if (history.oneEntryADeed) return;  // this function runs again on every page
  history.oneEntryADeed = true;
  let done = false;
  for (const deed of DEEDS) window.addEventListener(deed, () => { done = true; }, true);
  window.addEventListener("popstate", () => { done = false; }, true);
  const push = history.pushState.bind(history);
  history.pushState = (...entry) => {
    if (done) push(...entry);
    else history.replaceState(...entry);
    done = false;
  };
};
