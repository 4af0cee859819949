/**
 * One round of the kernels in whatever engine runs this: `engine.mjs KERNELS.wasm`. Prints milliseconds of each,
 * medians, as JSON; null where the engine refuses the module.
 */
import { readFile } from "node:fs/promises";

const N = 1024;
const ROUNDS = 60;

const bytes = await readFile(process.argv[2]);
if (!WebAssembly.validate(bytes)) {
  console.log("null");
  process.exit();
}
const exports = /** @type {any} */ ((await WebAssembly.instantiate(bytes, {})).instance.exports);
const allocate = (size) => exports.allocate(size) >>> 0;

/** Plain xorshift: the values matter to no timing. */
let state = 1;
function fill(pointer, count) {
  const values = new Float32Array(exports.memory.buffer, pointer, count);
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = state / 2 ** 33;
  }
  return pointer;
}

const weights = fill(allocate(N * N * 4), N * N);
const moments = allocate(80);
const rowSums = allocate(N * 24);
const totals = allocate(24);
const amplitudes = allocate(N * 64 * 4);
const basis = exports.createBasis(N, 64, 0.5, 0) >>> 0;
exports.continueBasis(basis, Infinity);
const vectors = fill(allocate(N * 32), N * 8);
const partial = allocate(N * 32);
const sums = allocate(N * 64);
const stored = allocate(N * N * 2 + 128);
const marked = exports.mark();
exports.startMoments(moments, weights, N);
exports.addMoments(moments, weights, N, N, N, rowSums);
const work = {
  gram: () => {
    exports.release(marked);
    const gram = exports.createGram(N, 0) >>> 0;
    new Uint8Array(exports.memory.buffer, exports.gramTotal(gram) >>> 0, N * N * 8).fill(0);
    exports.addToGram(gram, weights, N, N, Infinity);
    exports.finishGram(gram, Infinity);
  },
  fit: () => exports.fitRows(basis, weights, N, N, rowSums, amplitudes, 0, 0, totals),
  apply: () => exports.applyGram(weights, N, N, N, 0, vectors, partial, sums),
  moments: () => exports.addMoments(moments, weights, N, N, N, rowSums),
  decode: () => exports.decodeRows(3, stored, N * 2, N, N, weights, N, 1),
};
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const spent = {};
for (const [name, run] of Object.entries(work)) {
  spent[name] = median(
    Array.from({ length: ROUNDS }, () => {
      const began = performance.now();
      run();
      return performance.now() - began;
    }),
  );
}
console.log(JSON.stringify(spent));
