// What the page says to what runs in the browser, of which each changes at another time: `meta`, what the figures will
// say that they show, [steps, power, view], and a word more while pictures of it are still to come; and `priced`, see
// Priced.payload. Two components share it.

const page = (globalThis.aysSaid ??= { meta: null, priced: null, changed: () => {} });
