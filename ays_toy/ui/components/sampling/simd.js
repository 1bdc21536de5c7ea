// A network's layers in WebAssembly, four numbers at a time, written out instruction by instruction since there is no
// build step: several times as fast as JavaScript. Sixteen points go through together, in float32.

const SIMD_POINTS = 16, ROW = 4 * SIMD_POINTS, PAGE = 65536;  // bytes of one feature of all points; of memory

/** A whole number as WebAssembly writes it: seven bits to a byte. */
function leb(value, signed = false) {
  const bytes = [];
  for (let rest = value; ; ) {
    const low = rest & 127;
    rest >>= 7;
    if (signed ? (rest === 0 && low < 64) || (rest === -1 && low >= 64) : rest === 0) return [...bytes, low];
    bytes.push(low | 128);
  }
}

/** The machine's bytes: layer(weight, bias, from, to, inputs, outputs, bend), the first four places in its memory. */
function simdModule() {
  // Expressions: each is the list of its bytes, its operands' first.
  const local = (k) => [0x20, k], put = (k, ...value) => [...value.flat(), 0x21, k];
  const whole = (value) => [0x41, ...leb(value, true)];
  const plus = (a, b) => [...a, ...b, 0x6a], minus = (a, b) => [...a, ...b, 0x6b], timesWhole = (a, b) => [...a, ...b, 0x6c];
  const below = (a, b) => [...a, ...b, 0x49];
  const repeat = (body, condition) => [0x03, 0x40, ...body.flat(), ...condition, 0x0d, 0, 0x0b];
  const when = (condition, body) => [...condition, 0x04, 0x40, ...body.flat(), 0x0b];
  const vector = (code) => (...operands) => [...operands.flat(), 0xfd, ...leb(code)];
  const [add, subtract, multiply, divide, least, most, nearest, negative] =
    [0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0x6a, 0xe1].map(vector);  // of four float32
  const [toWhole, addWhole, shiftLeft] = [0xf8, 0xae, 0xab].map(vector);  // of four int32
  const all = (value) => [0x43, ...new Uint8Array(new Float32Array([value]).buffer), 0xfd, 0x13];
  const allWhole = (value) => [...whole(value), 0xfd, 0x11];
  const load = (at, offset) => [...at, 0xfd, 0x00, 2, ...leb(offset)], spread = (at) => [...at, 0xfd, 0x09, 2, 0];
  const store = (at, value, offset) => [...at, ...value, 0xfd, 0x0b, 2, ...leb(offset)];

  // The function's arguments and variables, by number.
  const [WEIGHT, BIAS, FROM, TO, INPUTS, OUTPUTS, BEND, AT, END, SPREAD, POWER, SUM] = Array.from({ length: 12 }, (_, k) => k);
  const LANES = [0, 1, 2, 3];  // of four points each, whose sums are the variables from SUM on

  /** x / (1 + e^-x) in place: e^-x = 2^n 2^f, n a float's exponent and f from -1/2 to 1/2 in a polynomial. */
  function bend(x) {
    const power = multiply(least(most(negative(local(x)), all(-87)), all(87)), all(Math.LOG2E));
    const whole2 = shiftLeft(addWhole(toWhole(nearest(local(POWER))), allWhole(127)), whole(23));
    const coefficients = [1, 2, 3, 4, 5, 6].map((k) => Math.LN2 ** k / [1, 2, 6, 24, 120, 720][k - 1]);
    const fraction = coefficients.reverse().reduce((sum, one) => add(multiply(sum, local(SPREAD)), all(one)), all(0));
    return [
      put(POWER, power),
      put(SPREAD, subtract(local(POWER), nearest(local(POWER)))),
      put(x, divide(local(x), add(all(1), multiply(whole2, add(multiply(fraction, local(SPREAD)), all(1)))))),
    ];
  }

  const body = repeat([
    ...LANES.map((lane) => put(SUM + lane, spread(local(BIAS)))),
    put(AT, local(FROM)),
    put(END, plus(local(FROM), timesWhole(local(INPUTS), whole(ROW)))),
    repeat([
      put(SPREAD, spread(local(WEIGHT))),
      ...LANES.map((lane) => put(SUM + lane, add(local(SUM + lane), multiply(local(SPREAD), load(local(AT), 16 * lane))))),
      put(WEIGHT, plus(local(WEIGHT), whole(4))),
      put(AT, plus(local(AT), whole(ROW))),
    ], below(local(AT), local(END))),
    when(local(BEND), LANES.flatMap((lane) => bend(SUM + lane))),
    ...LANES.map((lane) => store(local(TO), local(SUM + lane), 16 * lane)),
    put(BIAS, plus(local(BIAS), whole(4))),
    put(TO, plus(local(TO), whole(ROW))),
    put(OUTPUTS, minus(local(OUTPUTS), whole(1))),
  ], local(OUTPUTS));
  const WHOLE = 0x7f, VECTOR = 0x7b, sized = (bytes) => [...leb(bytes.length), ...bytes];
  const section = (kind, bytes) => [kind, ...sized(bytes)], name = (text) => sized([...new TextEncoder().encode(text)]);
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, ...sized(new Array(7).fill(WHOLE)), 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name("layer"), 0, 0, ...name("memory"), 2, 0]),
    ...section(10, [1, ...sized([2, 2, WHOLE, 6, VECTOR, ...body, 0x0b])]),
  ]);
}

/**
 * What carries sixteen points through layers, or null where the browser cannot: see `plainKernel` in network.js.
 * @returns {Kernel | null}
 */
function simdKernel(width) {
  let machine;
  try {
    machine = new WebAssembly.Instance(new WebAssembly.Module(simdModule())).exports;
  } catch {
    return null;
  }
  const { memory, layer } = machine, room = Math.max(width, FEATURES) * ROW;
  let places = [];
  const floats = (at, length) => new Float32Array(memory.buffer, at, length);
  return {
    points: SIMD_POINTS,
    get input() { return floats(0, room / 4); },
    hold(layers) {
      let end = 2 * room;
      places = layers.map(({ weight, bias }) => {
        const at = { weight: end, bias: end + 4 * weight.length, outputs: bias.length, inputs: weight.length / bias.length };
        end = at.bias + 4 * bias.length;
        return at;
      });
      const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE);
      if (missing > 0) memory.grow(missing);
      layers.forEach(({ weight, bias }, k) => {
        floats(places[k].weight, weight.length).set(weight);
        floats(places[k].bias, bias.length).set(bias);
      });
    },
    run() {
      let [from, to] = [0, room];
      places.forEach(({ weight, bias, inputs, outputs }, k) => {
        layer(weight, bias, from, to, inputs, outputs, k + 1 < places.length ? 1 : 0);
        [from, to] = [to, from];
      });
      return floats(from, 2 * SIMD_POINTS);
    },
  };
}
