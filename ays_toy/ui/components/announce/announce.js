// Makes a container a live region: what appears in it is read aloud when nothing else is being said.

export default ({ data }) => {
  const container = document.querySelector(`.st-key-${CSS.escape(data)}`);
  container?.setAttribute("role", "status");
  container?.setAttribute("aria-live", "polite");
};
