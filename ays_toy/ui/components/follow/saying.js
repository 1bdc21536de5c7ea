// One of the calls that only say something, data: { meta } or { priced }. It is a component of its own since each call
// brings all of its script along.

function saying({ data: first }) {
  const [name] = Object.keys(first);
  let mine = null;
  return {
    update({ data }) {
      const other = JSON.stringify(page[name]) !== JSON.stringify(data[name]);
      page[name] = mine = data[name];
      if (other) page.changed(name);
    },
    destroy() { if (page[name] === mine) page[name] = null; },  // another may have taken its place
  };
}

export default (component) => mount(component, saying);
