import { describe, expect, it } from "vitest";
import type { Slices } from "../../src/base/chunks.js";
import { dataType } from "../../src/checkpoint/dtypes.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { Machine } from "../../src/kernels/machine.js";
import { compileKernels } from "../../src/kernels/modules.js";
import { RowProducts } from "../../src/matrix/row-products.js";
import { RowStream } from "../../src/matrix/rows.js";
import type { StoredMatrix } from "../../src/matrix/stored.js";
import { noiseMatrix } from "../support/reference.js";

const machine = await loadMachine();

/** Rows of f32 as they are stored, and their bytes. */
function stored(rows: number, columns: number, values: Float32Array) {
  const byteLength = rows * columns * 4;
  const plan = {
    name: "w",
    rows,
    columns,
    transposed: false,
    type: dataType("F32")!,
    rowBytes: columns * 4,
    byteLength,
  };
  const bytes = new Uint8Array(values.buffer);
  return { plan: plan as StoredMatrix, read: async (start: number, end: number) => bytes.slice(start, end) };
}

/** A machine that notes, slice by slice, what a kernel was asked for. */
async function noting(name: string): Promise<{ machine: Machine; calls: number[][] }> {
  const noted = new Machine(await compileKernels("plain"), "simd128");
  const calls: number[][] = [];
  const kernel = noted.exports[name as "addDoubleRowProducts"] as (...values: number[]) => void;
  const exports = Object.create(noted.exports, {
    [name]: {
      value: (...values: number[]) => {
        calls.push(values);
        kernel(...values);
      },
    },
  });
  return { machine: Object.assign(noted, { exports }), calls };
}

/** What slices give, and how many there are. */
function counted<T>(slices: Slices<T>): { value: T; slices: number } {
  for (let count = 0; ; count++) {
    const slice = slices.next();
    if (slice.done) return { value: slice.value, slices: count };
  }
}

describe("a pass over rows", () => {
  it("ends between two slices of a block where it is aborted, and lets them tidy up", async () => {
    const { plan, read } = stored(64, 8, new Float32Array(512));
    const abort = new AbortController();
    const marked = machine.exports.mark();
    const stream = new RowStream(machine, plan, { read }, { memory: 1 << 20, passes: 1, signal: abort.signal });
    const seen: number[] = [];
    const pass = stream.pass(8, 1, function* (_pointer, first) {
      try {
        for (let slice = 0; slice < 5; slice++) {
          seen.push(first, slice);
          if (slice === 2) abort.abort(new Error("enough"));
          yield;
        }
      } finally {
        seen.push(-1);
      }
    });
    await expect(pass).rejects.toThrow("enough");
    expect(seen).toEqual([0, 0, 0, 1, 0, 2, -1]);
    machine.exports.release(marked);
  });
});

describe("products of a wide matrix's rows", () => {
  /** Products of one call at most; 0.2 s are 1.2e9 of them. */
  const MOST = 2e8;

  it.each([
    [3, 40_000],
    [514, 700],
    [1030, 1292],
  ])("of %i × %i are made in short calls, a slice each, with the bits of one call", async (rows, columns) => {
    const { machine: noted, calls } = await noting("addDoubleRowProducts");
    const { data } = noiseMatrix(rows, columns, 3);
    const marked = noted.exports.mark();
    const weights = noted.copyFloat32(data);
    const found = counted(RowProducts.of(noted, { rows, columns }, rows * columns * 8)).value;
    const { slices } = counted(found.add(weights, 0, rows));
    expect(slices).toBe(calls.length);
    for (const [, a, , b, count] of calls) expect(a * b * count).toBeLessThan(MOST);
    const { side, total } = found;
    const values = noted.float64(total, side * side).slice();

    const whole = noted.zeros64(side * (side + 8));
    const panels = noted.allocate((rows + 8) * 1024);
    Object.getPrototypeOf(noted.exports).addDoubleRowProducts(
      weights,
      rows,
      weights,
      rows,
      columns,
      columns,
      panels,
      whole,
      side,
    );
    expect(Buffer.compare(Buffer.from(values.buffer), noted.bytes(whole, side * side * 8).slice())).toBe(0);
    noted.exports.release(marked);
  });
});
