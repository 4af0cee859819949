/**
 * `--energy` of a matrix of the largest models' size, 53,248 × 16,384, whole: `npm run bench:planted -- [M]`. The
 * matrix has 13 M rows and 4 M columns (M a power of two, 4096 by default) and known singular values: what is found is
 * held to them, and what it took is printed beside what `--estimate` says. Writes 3.5 GB to the temporary folder, and
 * takes some half an hour of one core. Needs dist/.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { spentBy } from "./spent.mjs";

const M = Number(process.argv[2] ?? 4096);
const [ROWS, COLUMNS] = [13 * M, 4 * M];
const TARGET = 0.9;
/** λ = σ², from 1 down to 1/257, all different. */
const squares = Float64Array.from({ length: COLUMNS }, (_, k) => 1 / (1 + (256 * k) / COLUMNS));

/**
 * A D Hᵀ between reflections, so that no weight is small and none like another: A ⊗ 1 with four of 13 cosine vectors, D
 * the singular values, H Hadamard's matrix of 4 M over its norm. A reflection is 1 - 2 u uᵀ with a random unit u.
 */
const cosine = (a, c) => Math.sqrt((c === 0 ? 1 : 2) / 13) * Math.cos((Math.PI * (a + 0.5) * c) / 13);
const parity = (x) => {
  let odd = 0;
  for (; x > 0; x &= x - 1) odd ^= 1;
  return odd;
};
let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  const mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32 - 0.5;
};
/** @param {number} length */
function unit(length) {
  const found = Float64Array.from({ length }, random);
  const norm = Math.sqrt(found.reduce((sum, x) => sum + x * x, 0));
  return found.map((x) => x / norm);
}
const [left, right] = [unit(ROWS), unit(COLUMNS)];
const row = new Float64Array(COLUMNS);
const norm = Math.sqrt(COLUMNS);
/** Row 13 b + a, the right reflection in it. @param {number} i */
function fill(i) {
  const [a, b] = [i % 13, Math.floor(i / 13)];
  for (let other = 0; other < 4; other++) {
    let factor = 0;
    // Neighbouring values spread over the blocks of D.
    for (let c = 0; c < 4; c++)
      factor += cosine(a, c) * Math.sqrt(squares[4 * b + c]) * (parity(c & other) === 1 ? -1 : 1);
    factor /= norm;
    for (let k = 0; k < M; k++) row[other * M + k] = parity(b & k) === 1 ? -factor : factor;
  }
  let along = 0;
  for (let j = 0; j < COLUMNS; j++) along += row[j] * right[j];
  for (let j = 0; j < COLUMNS; j++) row[j] -= 2 * along * right[j];
}

/** The matrix in f32; Σ of the squares of what was written. @param {string} file */
function write(file) {
  const projected = new Float64Array(COLUMNS);
  for (let i = 0; i < ROWS; i++) {
    fill(i);
    for (let j = 0; j < COLUMNS; j++) projected[j] += left[i] * row[j];
  }
  const offsets = [0, 4 * ROWS * COLUMNS];
  const entry = { dtype: "F32", shape: [ROWS, COLUMNS], data_offsets: offsets };
  const header = Buffer.from(JSON.stringify({ "model.layers.0.mlp.up_proj.weight": entry }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const opened = openSync(file, "w");
  writeSync(opened, Buffer.concat([length, header]));
  const stored = new Float32Array(COLUMNS);
  let sum = 0;
  for (let i = 0; i < ROWS; i++) {
    fill(i);
    for (let j = 0; j < COLUMNS; j++) {
      stored[j] = row[j] - 2 * left[i] * projected[j];
      sum += stored[j] * stored[j];
    }
    writeSync(opened, new Uint8Array(stored.buffer));
  }
  closeSync(opened);
  return sum;
}

const folder = mkdtempSync(path.join(tmpdir(), "weightscope-planted-"));
try {
  const file = path.join(folder, "planted.safetensors");
  const squaredNorm = write(file);
  const output = path.join(folder, "found.json");
  const command = [process.execPath, fileURLToPath(new URL("../dist/cli.js", import.meta.url)), "analyze", file];
  const asked = ["--energy", String(TARGET), "--threads", "1", "--format", "json"];
  spentBy(output, [...command, ...asked, "--estimate"]);
  const estimate = JSON.parse(readFileSync(output, "utf8"));
  const spent = spentBy(output, [...command, ...asked, "--singular-values", "--quiet"]);
  const [{ spectrum, energyTarget, participation }] = JSON.parse(readFileSync(output, "utf8")).matrices;
  const found = spectrum.singularValues;
  const off = found.reduce((most, value, k) => Math.max(most, Math.abs(value / Math.sqrt(squares[k]) - 1)), 0);
  const sum = found.reduce((before, value) => before + value * value, 0);
  const planted = squares.reduce((before, value) => before + value, 0);
  let rank = 0;
  for (let kept = 0; kept < TARGET * planted; rank++) kept += squares[rank];
  const ratio = planted ** 2 / squares.reduce((before, value) => before + value * value, 0);
  const lines = {
    weights: `${ROWS} × ${COLUMNS}, F32`,
    "singular values, of as many planted": `${found.length} of ${COLUMNS}`,
    "largest relative error of one": off.toExponential(1),
    "Σ σ² over the squared norm, less 1": (sum / squaredNorm - 1).toExponential(1),
    "rank that keeps 0.9 of the energy, planted": `${energyTarget.rank}, ${rank}`,
    "Gaussians that do": energyTarget.gaussians,
    "participation ratio over the planted, less 1": (participation.value / ratio - 1).toExponential(1),
    "processor time, min": (spent.processor / 60).toPrecision(3),
    "said by --estimate, min": (estimate.coreSeconds / 60).toPrecision(3),
    "peak memory, MB": (spent.peak / 1e6).toFixed(0),
  };
  for (const [name, value] of Object.entries(lines)) console.log(`| ${name} | ${value} |`);
  const holds =
    found.length === COLUMNS && off < 1e-5 && Math.abs(sum / squaredNorm - 1) < 1e-9 && energyTarget.rank === rank;
  if (!holds) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
