import { describe, expect, it } from "vitest";
import type { Slices } from "../../src/base/chunks.js";
import { dataType } from "../../src/checkpoint/dtypes.js";
import { createBasisInSlices } from "../../src/gaussians/uniform.js";
import { atOnce } from "../../src/kernels/eigenvalues.js";
import { addToGram, CENTRED_GRAM, createGram, finishGram } from "../../src/kernels/gram.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { Machine, SLICE_BYTES } from "../../src/kernels/machine.js";
import { compileKernels } from "../../src/kernels/modules.js";
import { PermutationNull } from "../../src/matrix/null.js";
import { RowProducts } from "../../src/matrix/row-products.js";
import { RowStream } from "../../src/matrix/rows.js";
import type { StoredMatrix } from "../../src/matrix/stored.js";
import { powerMethod } from "../../src/spectra/participation.js";
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
  const kernel = noted.exports[name as "addDoubleRowProducts"] as (...values: number[]) => unknown;
  const exports = Object.create(noted.exports, {
    [name]: {
      value: (...values: number[]) => {
        calls.push(values);
        return kernel(...values);
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

describe("what is done in slices", () => {
  it("hears an abort that comes as an event amid a block", async () => {
    const { plan, read } = stored(64, 8, new Float32Array(512));
    const abort = new AbortController();
    const marked = machine.exports.mark();
    const stream = new RowStream(machine, plan, { read }, { memory: 1 << 20, passes: 1, signal: abort.signal });
    const endless = stream.pass(8, 1, function* () {
      for (;;) yield;
    });
    setTimeout(() => abort.abort(new Error("enough")), 1);
    await expect(endless).rejects.toThrow("enough");
    machine.exports.release(marked);
  });

  it("of a Gram matrix: clearing, adding, ending, each some products or megabytes at most", async () => {
    const { machine: noted, calls } = await noting("addToGram");
    const columns = 2600;
    const rows = 600;
    const marked = noted.exports.mark();
    const made = counted(createGram(noted, columns, CENTRED_GRAM));
    expect(made.slices).toBe(Math.ceil((columns * columns * 8) / SLICE_BYTES));
    const gram = made.value;
    const side = noted.exports.gramSide(gram);
    const total = noted.exports.gramTotal(gram) >>> 0;
    expect(noted.float64(total, side * side).every((x) => x === 0)).toBe(true);
    const weights = noted.copyFloat32(noiseMatrix(rows, columns, 1).data);
    const added = counted(addToGram(noted, gram, weights, rows, columns));
    expect(added.slices).toBe(calls.length);
    // 512 rows are columns² / 2 · 512 products, 2e8 and a group of panels a call.
    expect(calls.length).toBeGreaterThan((columns * columns * 256) / (2e8 + 8 * 16 * columns * 256));
    expect(calls.map(([, , , , budget]) => budget)).toEqual(calls.map(() => 2e8));
    expect(counted(finishGram(noted, gram)).slices).toBeGreaterThan(0);

    const whole = atOnce(createGram(noted, columns, CENTRED_GRAM));
    noted.exports.addToGram(whole, weights, rows, columns, Infinity);
    noted.exports.finishGram(whole, Infinity);
    const same = Buffer.compare(
      noted.bytes(total, side * side * 8),
      noted.bytes(noted.exports.gramTotal(whole) >>> 0, side * side * 8),
    );
    expect(same).toBe(0);
    noted.exports.release(marked);
  });

  it("of permutations: every few hundred thousand weights, whatever their number", () => {
    const marked = machine.exports.mark();
    const [rows, columns, count] = [40, 512, 2000];
    const basis = atOnce(createBasisInSlices(machine, columns, 8, 0.5));
    const permuted = new PermutationNull(machine, columns, [basis], { count, seed: 1 });
    const weights = machine.copyFloat32(noiseMatrix(rows, columns, 1).data);
    const sums = machine.allocate(rows * 24);
    const moments = machine.zeros64(10);
    machine.exports.startMoments(moments, weights, columns);
    machine.exports.addMoments(moments, weights, rows, columns, columns, sums);
    expect(counted(permuted.add(weights, rows, sums)).slices).toBe(Math.floor((rows / 4) * (count / 512)));
    machine.exports.release(marked);
  });
});

describe("the power method", () => {
  it("lets events come between the blocks of its space, and between a million columns that are rounded", async () => {
    const { machine: noted, calls } = await noting("roundBlock");
    const columns = 1_100_000;
    const marked = noted.exports.mark();
    const options = { method: "power", blockSize: 8, maxIterations: 2 } as const;
    const steps = powerMethod(noted, { rows: 1, columns, stride: columns }, columns, options);
    let breaths = 0;
    let passes = 0;
    const between: number[] = [];
    for (;;) {
      const step = steps.next();
      if (step.done) break;
      if (step.value) {
        passes++;
        between.push(breaths);
        breaths = 0;
        for (const at of step.value.totals) noted.float64(at, columns * 8).fill(1);
      } else breaths++;
    }
    expect(passes).toBe(2);
    expect(calls.map(([count]) => count)).toEqual(
      Array.from({ length: calls.length / 2 }, () => [2 ** 20, columns - 2 ** 20]).flat(),
    );
    // Five times 16 MB are cleared of one block; it is drawn, multiplied by itself and made orthonormal.
    expect(between[0]).toBe(5 + 3);
    // The other three: an image that is projected, and two blocks of probes.
    expect(between[1]).toBeGreaterThan(3 * 5 + 3 * 3);
    noted.exports.release(marked);
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
