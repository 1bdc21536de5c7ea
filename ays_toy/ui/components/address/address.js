// One entry in the browser's history for one deed of a person.
//
// Streamlit adds an entry for a page that is opened, and another as soon as the page has said in its address what it
// shows. Back would lead from the second to the first, which is the same page without its choices. What is added with
// nobody having done anything since the last entry takes that entry's place instead.

// A shared server also has the browser remember a key, by which it is known again; see ui/keeper.py.

const A_YEAR = 365 * 24 * 3600;  // seconds

function remember({ name, key } = {}) {
  if (!name) return;
  const kept = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  if (kept === key) return;
  if (/^[\w-]{22}$/.test(kept ?? "")) {  // another tab was first: its key is the browser's, and this one opens with it
    if (!sessionStorage.rekeyed) {
      sessionStorage.rekeyed = 1;
      location.reload();
    }
    return;
  }
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${key}; Path=/; Max-Age=${A_YEAR}; SameSite=Lax${secure}`;
}

const DEEDS = ["pointerdown", "keydown", "click", "input"];

export default ({ data }) => {
  remember(data);
  if (history.oneEntryADeed) return;  // this function runs again on every page
  history.oneEntryADeed = true;
  reachScrollersByKeys();
  openAnewWhereLost();
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
