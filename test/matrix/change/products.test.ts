import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { atOnce } from "../../../src/kernels/eigenvalues.js";
import { loadMachine } from "../../../src/kernels/load-machine.js";
import type { Machine } from "../../../src/kernels/machine.js";
import { smallerSideProducts } from "../../../src/matrix/change/products.js";

let machine: Machine;
beforeAll(async () => {
  machine = await loadMachine();
});

interface Given {
  rows: number;
  columns: number;
  data: Float32Array;
  memory: number;
  block: number;
}

/** The upper triangle of the smaller side's Gram matrix, from rows that come `block` at a time. */
function products({ rows, columns, data, memory, block }: Given): { values: number[]; passes: number } {
  return machine.scope(() => {
    const stride = Math.ceil(columns / 4) * 4;
    const pointer = machine.allocate(rows * stride * 4 + 16);
    const found = atOnce(smallerSideProducts(machine, rows, columns, memory));
    const placed = machine.float32(pointer, rows * stride).fill(0);
    for (let i = 0; i < rows; i++) placed.set(data.subarray(i * columns, (i + 1) * columns), i * stride);
    let passes = 0;
    for (let from: number | null = 0; from !== null; from = found.next) {
      passes++;
      for (let first = from; first < rows; first += block)
        atOnce(found.add(pointer + first * stride * 4, first, Math.min(block, rows - first)));
    }
    const total = machine.float64(found.total, found.side * found.side);
    const side = Math.min(rows, columns);
    const values: number[] = [];
    for (let i = 0; i < side; i++) for (let j = i; j < side; j++) values.push(total[i * found.side + j]);
    return { values, passes };
  });
}

/** One sum after another, in the order of the longer side. */
function reference({ rows, columns, data }: Given): number[] {
  const at = (i: number, k: number): number => (columns <= rows ? data[k * columns + i] : data[i * columns + k]);
  const side = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const values: number[] = [];
  for (let i = 0; i < side; i++) {
    for (let j = i; j < side; j++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += at(i, k) * at(j, k);
      values.push(sum);
    }
  }
  return values;
}

const size = fc.integer({ min: 1, max: 90 });

it("are those of the plain sum, bit for bit, whatever the blocks and the memory", () => {
  const value = fc.oneof(
    fc.float({ min: -4, max: 4, noNaN: true }),
    fc.constantFrom(0, 1e-30, -1e30, Math.fround(1 / 3)),
  );
  fc.assert(
    fc.property(
      size,
      size,
      fc.infiniteStream(value),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(0, 20_000, 1e6),
      (rows, columns, stream, block, memory) => {
        const given = {
          rows,
          columns,
          data: Float32Array.from({ length: rows * columns }, () => stream.next().value as number),
          block,
          memory,
        };
        expect(products(given).values).toEqual(reference(given));
      },
    ),
    { numRuns: 60 },
  );
});

it("pass again over a wide matrix where memory holds few of its rows, from the first row not held on", () => {
  const given = {
    rows: 50,
    columns: 300,
    data: Float32Array.from({ length: 15000 }, (_, i) => (i % 37) - 18),
    block: 7,
  };
  expect(products({ ...given, memory: 1e6 }).passes).toBe(1);
  const narrow = products({ ...given, memory: 1200 * (32 + 12) });
  expect(narrow.passes).toBe(5);
  expect(narrow.values).toEqual(reference({ ...given, memory: 0 }));
});
