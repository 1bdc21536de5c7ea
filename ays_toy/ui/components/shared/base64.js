// Arrays as they travel to the browser.

/** Bytes in base64 as an array of numbers, little-endian as all machines are. */
const numbers = (text, Type) => new Type(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
