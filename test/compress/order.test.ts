import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import * as order from "../../src/compress/order.js";
import { atOnce } from "../../src/kernels/eigenvalues.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { load } from "../../src/load.js";

const kinds = ["leading", "path"] as const;
const machine = await loadMachine();

/** Matrices here are arrays of rows. */
const columnOrder = (data: Float32Array, rows: number, columns: number, kind: order.Order): Int32Array =>
  order.columnOrder(machine, { rows, columns, data }, kind);
const orderedColumns = (data: Float32Array, rows: number, by: Int32Array): Float32Array =>
  order.orderedColumns({ rows, columns: by.length, data }, by).data as Float32Array;
const shuffledWithinRows = (data: Float32Array, rows: number, columns: number, seed: number): Float32Array =>
  order.shuffledWithinRows({ rows, columns, data }, seed).data as Float32Array;

const bundled = new URL("../../examples/selftrained-llama-en.bf16.safetensors", import.meta.url);

function noise(rows: number, columns: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: rows * columns }, () => random.normal());
}

/** Rows of smooth bumps: neighbours are alike in this order and in no other. */
function smooth(rows: number, columns: number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const centre = (Math.floor(i / columns) * (columns - 1)) / (rows - 1);
    return 1 / (1 + ((i % columns) - centre) ** 2 / 9);
  });
}

/** Σ of cosines of neighbours: what a path makes large. */
function alike(weights: Float32Array, rows: number, path: Int32Array): number {
  const columns = path.length;
  let total = 0;
  for (let j = 1; j < columns; j++) {
    let product = 0;
    let first = 0;
    let second = 0;
    for (let i = 0; i < rows; i++) {
      const a = weights[i * columns + path[j - 1]];
      const b = weights[i * columns + path[j]];
      product += a * b;
      first += a * a;
      second += b * b;
    }
    if (first > 0 && second > 0) total += product / Math.sqrt(first * second);
  }
  return total;
}

describe("columnOrder", () => {
  it.each(kinds)("%s is a permutation, whatever the weights; scaled, the same one", (kind) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 13 }), fc.nat(), (rows, columns, seed) => {
        const weights = noise(rows, columns, seed).map((x, i) => (i % 5 === 0 ? 0 : x));
        const found = columnOrder(weights, rows, columns, kind);
        expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: columns }, (_, i) => i));
        for (const scale of [2 ** 100, 2 ** -100]) {
          expect(
            columnOrder(
              weights.map((x) => x * scale),
              rows,
              columns,
              kind,
            ),
          ).toEqual(found);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(kinds)("%s does not depend on how the columns were stored", (kind) => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), fc.integer({ min: 2, max: 12 }), fc.nat(), (rows, columns, seed) => {
        const weights = noise(rows, columns, seed);
        const stored = orderedColumns(weights, rows, Int32Array.from(new Random(seed + 1).permutation(columns)));
        const ordered = orderedColumns(weights, rows, columnOrder(weights, rows, columns, kind));
        expect(orderedColumns(stored, rows, columnOrder(stored, rows, columns, kind))).toEqual(ordered);
      }),
      { numRuns: 60 },
    );
  });

  it("path finds an order that was hidden, forwards or backwards", () => {
    const rows = 20;
    const columns = 60;
    const weights = smooth(rows, columns);
    const hidden = Int32Array.from(new Random(5).permutation(columns));
    const path = columnOrder(orderedColumns(weights, rows, hidden), rows, columns, "path");
    const found = Array.from(path, (column) => hidden[column]);
    if (found[0] > found[columns - 1]) found.reverse();
    expect(found).toEqual(Array.from({ length: columns }, (_, i) => i));
  });

  it("path ends where no reversal of a stretch makes neighbours more alike", () => {
    const rows = 9;
    const columns = 14;
    const weights = noise(rows, columns, 3);
    const path = columnOrder(weights, rows, columns, "path");
    const best = alike(weights, rows, path);
    for (let i = 0; i < columns; i++) {
      for (let j = i + 1; j < columns; j++) {
        const other = path.slice();
        other.subarray(i, j + 1).reverse();
        expect(alike(weights, rows, other)).toBeLessThan(best + 1e-5);
      }
    }
  });

  it("leading sorts by the leading right singular vector", () => {
    const rows = 5;
    const columns = 40;
    const random = new Random(7);
    const loadings = Float32Array.from({ length: columns }, () => random.normal());
    const weights = noise(rows, columns, 8).map((x, i) => x * 0.01 + 3 * loadings[i % columns]);
    const largest = loadings.reduce((best, x, i) => (Math.abs(x) > Math.abs(loadings[best]) ? i : best), 0);
    const sign = loadings[largest] < 0 ? -1 : 1;
    const found = Array.from(columnOrder(weights, rows, columns, "leading"), (column) => sign * loadings[column]);
    for (let j = 1; j < columns; j++) expect(found[j] - found[j - 1]).toBeGreaterThan(-0.02);
  });

  it("columns of zeros, all columns alike, one column, none", () => {
    expect(columnOrder(new Float32Array(12), 3, 4, "path")).toEqual(new Int32Array([0, 1, 2, 3]));
    expect(columnOrder(new Float32Array(12), 3, 4, "leading")).toEqual(new Int32Array([0, 1, 2, 3]));
    expect(columnOrder(new Float32Array(12).fill(2), 3, 4, "path")).toEqual(new Int32Array([0, 1, 2, 3]));
    for (const kind of kinds) {
      expect(columnOrder(new Float32Array([5, -3]), 2, 1, kind)).toEqual(new Int32Array([0]));
      expect(columnOrder(new Float32Array(0), 2, 0, kind)).toEqual(new Int32Array(0));
      expect([...columnOrder(new Float32Array(0), 0, 3, kind)].sort()).toEqual([0, 1, 2]);
    }
  });

  it.each([Number.NaN, Infinity, -Infinity])("refuses %f, naming the column", (bad) => {
    const weights = noise(3, 4, 1);
    weights[6] = bad;
    for (const kind of kinds) {
      expect(() => columnOrder(weights, 3, 4, kind)).toThrow(
        /^an order needs finite weights: those of column 2 are not$/,
      );
    }
  });

  it("reads the upper triangle alone, at any stride", () => {
    const rows = 6;
    const columns = 9;
    const stride = 12;
    const weights = noise(rows, columns, 11);
    const gram = new Float64Array(columns * stride).fill(Number.NaN);
    for (let i = 0; i < columns; i++) {
      for (let j = i; j < columns; j++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += weights[row * columns + i] * weights[row * columns + j];
        gram[i * stride + j] = sum;
      }
    }
    for (const kind of kinds)
      expect(atOnce(order.orderInSlices(() => gram, columns, kind, stride))).toEqual(
        columnOrder(weights, rows, columns, kind),
      );
  });

  it("comes in slices, from memory that moves between them, as the Gram matrix does, with the bits of one call", () => {
    const rows = 130;
    const columns = 1530;
    const weights = noise(rows, columns, 12);
    machine.scope(() => {
      const slices = order.columnGramInSlices(machine, { rows, columns, data: weights });
      expect(slices.next().done).toBe(false);
      const { pointer, side } = atOnce(slices);
      const whole = machine.zeros64(side * side);
      const panels = machine.allocate(side * 128 * 8);
      machine.exports.addDoubleGram(machine.copyFloat32(weights), rows, columns, columns, panels, whole);
      const gram = machine.float64(pointer, side * side).slice();
      const bytes = ({ buffer, byteOffset, byteLength }: Float64Array) => Buffer.from(buffer, byteOffset, byteLength);
      expect(bytes(gram).equals(bytes(machine.float64(whole, side * side)))).toBe(true);
      for (const kind of kinds) {
        let held = gram.slice();
        const moving = order.orderInSlices(() => held, columns, kind, side);
        for (let slice = 0; slice < 3; slice++) {
          expect(moving.next().done, kind).toBe(false);
          const moved = held.slice();
          held.fill(Number.NaN);
          held = moved;
        }
        expect(atOnce(moving)).toEqual(atOnce(order.orderInSlices(() => gram, columns, kind, side)));
      }
    });
  });
});

describe("shuffledWithinRows", () => {
  it("keeps each row's entries, moves them, and is the same for the same seed", () => {
    const rows = 4;
    const columns = 50;
    const weights = noise(rows, columns, 2);
    const shuffled = shuffledWithinRows(weights, rows, columns, 9);
    expect(shuffledWithinRows(weights, rows, columns, 9)).toEqual(shuffled);
    expect(shuffledWithinRows(weights, rows, columns, 10)).not.toEqual(shuffled);
    const orders = new Set<string>();
    for (let row = 0; row < rows; row++) {
      const before = weights.subarray(row * columns, (row + 1) * columns);
      const after = shuffled.subarray(row * columns, (row + 1) * columns);
      expect(after).not.toEqual(before);
      expect(after.slice().sort()).toEqual(before.slice().sort());
      orders.add([...after].map((x) => before.indexOf(x)).join());
    }
    expect(orders.size).toBe(rows);
  });
});

describe("of the bundled model", () => {
  it("lm_head at K = 8 goes from 3 to 97 % of the energy, and of its shuffled entries to 4", async () => {
    const kernels = await load();
    const checkpoint = await openCheckpoint(bundled);
    const rows = 288;
    const columns = 256;
    const weights = await checkpoint.readRows(
      checkpoint.tensors.find(({ name }) => name === "lm_head.weight")!,
      0,
      rows,
    );
    await checkpoint.close();
    const kept = (data: Float32Array): number => kernels.fitGaussians({ rows, columns, data }, { gaussians: 8 }).energy;
    const inOrder = (data: Float32Array): number =>
      kept(orderedColumns(data, rows, columnOrder(data, rows, columns, "leading")));
    expect(kept(weights)).toBeCloseTo(0.0327, 3);
    expect(inOrder(weights)).toBeCloseTo(0.972, 2);
    expect(inOrder(shuffledWithinRows(weights, rows, columns, 1))).toBeLessThan(0.06);
  });
});
