/**
 * Dequantisation, bytes stored a second and values a second, for every block type: `node bench/quantized.mjs`.
 * One thread; a piece of 64 Ki elements over and over, as the readers hand it out. Needs build/ (`npm run build`).
 */
import { readFile } from "node:fs/promises";

const types = {
  Q4_0: [2, 32, 18],
  Q4_1: [3, 32, 20],
  Q5_0: [6, 32, 22],
  Q5_1: [7, 32, 24],
  Q8_0: [8, 32, 34],
  Q2_K: [10, 256, 84],
  Q3_K: [11, 256, 110],
  Q4_K: [12, 256, 144],
  Q5_K: [13, 256, 176],
  Q6_K: [14, 256, 210],
  IQ2_XXS: [16, 256, 66],
  IQ2_XS: [17, 256, 74],
  IQ3_XXS: [18, 256, 98],
  IQ1_S: [19, 256, 50],
  IQ4_NL: [20, 32, 18],
  IQ3_S: [21, 256, 110],
  IQ2_S: [22, 256, 82],
  IQ4_XS: [23, 256, 136],
  IQ1_M: [29, 256, 56],
  TQ1_0: [34, 256, 54],
  TQ2_0: [35, 256, 66],
  MXFP4: [39, 32, 17],
};
const ELEMENTS = 65536;
const ROUNDS = 9;
const MILLISECONDS = 60;

const { instance } = await WebAssembly.instantiate(
  await readFile(new URL("../build/quantized.wasm", import.meta.url)),
  {},
);
const { allocate, dequantize, memory } = /** @type {any} */ (instance.exports);
const source = allocate(ELEMENTS * 2);
const target = allocate(ELEMENTS * 4);
const bytes = new Uint8Array(memory.buffer, source, ELEMENTS * 2);
for (let i = 0, x = 1; i < bytes.length; i++) bytes[i] = (x = Math.imul(x, 1664525) + 1013904223) >>> 24;

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
console.log(
  `node ${process.version} ${process.arch}, ${ELEMENTS} elements a call, median of ${ROUNDS} rounds\n\n| type | ` +
    "GB/s stored | 10⁹ values/s |\n|---|---|---|",
);
for (const [name, [code, elements, size]] of Object.entries(types)) {
  const blocks = ELEMENTS / elements;
  const rounds = [];
  for (let round = 0; round < ROUNDS + 1; round++) {
    let calls = 0;
    const start = performance.now();
    while (performance.now() - start < MILLISECONDS) {
      dequantize(code, source, blocks, target);
      calls++;
    }
    // The first round warms up.
    if (round > 0) rounds.push(calls / ((performance.now() - start) / 1e3));
  }
  const rate = median(rounds);
  console.log(`| ${name} | ${((rate * blocks * size) / 1e9).toFixed(2)} | ${((rate * ELEMENTS) / 1e9).toFixed(2)} |`);
}
