import type { Slices } from "../../base/chunks.js";
import { finished } from "../../host/pauses.js";
import { strideOf } from "../../kernels/dense.js";
import { largestEigenvalue } from "../../kernels/eigen.js";
import type { Machine } from "../../kernels/machine.js";
import type { ScaledSquares, SpectrumEvents } from "../spectrum.js";
import { type Factors, factorsOf, rankFor, type WantedRank } from "./factors.js";
import { type Products, smallerSideProducts } from "./products.js";
import { RoundingNoise, type Spacing } from "./rounding.js";
import {
  addDifference,
  type ChangeSums,
  differs,
  eachBlock,
  noSums,
  type ReadBoth,
  type RowsOfBoth,
  rowsOfBlock,
} from "./rows.js";
import { squaresAndVectors, squaresOf } from "./spectrum.js";

/** A matrix on both sides. Plain data: it travels to workers. */
export interface ChangeShape {
  /** As the tuned side calls it. */
  name: string;
  rows: number;
  columns: number;
  base: Spacing;
  tuned: Spacing;
  /** Whether a side stores columns: then rows come in as large blocks as memory allows. */
  turned: boolean;
}

/** What one pair gives. Plain data. */
export interface ChangeFigures {
  sums: ChangeSums;
  /** σ² of ΔW, largest first; null where nothing changed or a value is not finite. */
  squares: Float64Array | null;
  /** σ² that rounding alone explains: (1.2 ‖noise‖)², never below the floor of the arithmetic. */
  rounding: number;
  /** Where they were asked for. */
  factors: Factors | null;
}

/** What is asked of a pair; `factors` are of ΔW, null for none. */
export interface ChangeOptions {
  /** Bytes of weights held at once. */
  memory: number;
  seed: number;
  factors: WantedRank | null;
}

/** A singular value counts from this many times the norm of rounding noise. docs/method.md §10. */
const ABOVE = 1.2;

/**
 * ΔW of one matrix as its rows come by, both sides in step: sums, all singular values by the Gram matrix of the smaller
 * side in f64, the norm of rounding noise, and factors where asked. Both are read once, and once more for factors; a
 * matrix with fewer rows than columns as often as `memory` makes it. The same bits whatever the memory. The machine is
 * used by nothing else meanwhile.
 */
export async function changeOf(
  machine: Machine,
  shape: ChangeShape,
  read: ReadBoth,
  options: ChangeOptions,
  events: SpectrumEvents = {},
): Promise<ChangeFigures> {
  const marked = machine.exports.mark();
  try {
    return await compareWithin(machine, shape, read, options, events);
  } finally {
    machine.exports.release(marked);
  }
}

async function compareWithin(
  machine: Machine,
  shape: ChangeShape,
  read: ReadBoth,
  { memory, seed, factors }: ChangeOptions,
  events: SpectrumEvents,
): Promise<ChangeFigures> {
  const { rows, columns } = shape;
  const byRows = rows < columns;
  const each = rowsOfBlock(shape, byRows ? memory / 2 : memory);
  const found = await firstChange(shape, read, each, events);
  if (found.unchanged) return { sums: found.unchanged, squares: null, rounding: 0, factors: null };
  // Twice: of ΔW, and of what rounding would leave.
  const { signal } = events;
  const products: Products[] = [];
  for (let k = 0; k < 2; k++)
    products.push(await finished(smallerSideProducts(machine, rows, columns, memory / 4), { signal }));
  const pass = new ChangePass(machine, shape, { each, seed, signal });
  const sums = await pass.run(having(found.block, read, each), products);
  if (!sums.finite) return { sums, squares: null, rounding: 0, factors: null };
  const [change, noise] = products;
  const norm = await finished(largestEigenvalue(machine, noise.total, noise.order, noise.side), { signal });
  const roundingOf = ({ floor }: { floor: number }): number => Math.max(ABOVE * ABOVE * norm, floor * floor);
  if (!factors) {
    const all = await squaresOf(machine, change, shape, events);
    return { sums, squares: all.squares, rounding: roundingOf(all), factors: null };
  }
  const wanted = (all: ScaledSquares): number =>
    rankFor(factors, { squares: all.squares, rounding: roundingOf(all), floor: all.floor * all.floor });
  const { squares, vectors, floor } = await squaresAndVectors(machine, change, shape, wanted, events);
  const made = await factorsOf({ rows, columns, each }, read, squares, vectors);
  return { sums, squares, rounding: roundingOf({ floor }), factors: made };
}

/**
 * Rows until a block differs: that block where it is the first, to be used again; or the sums of all where none does.
 */
async function firstChange(
  { rows, columns }: ChangeShape,
  read: ReadBoth,
  each: number,
  { signal }: SpectrumEvents,
): Promise<{ unchanged: ChangeSums | null; block: RowsOfBoth | null }> {
  const sums = noSums();
  const row = new Float32Array(columns);
  let unchanged = true;
  let block0: RowsOfBoth | null = null;
  await eachBlock(read, { first: 0, last: rows, each }, (block, first, count) => {
    if (differs(block)) {
      unchanged = false;
      if (first === 0) block0 = block;
      return false;
    }
    return finished(
      eachRow(count, (i) => addDifference(sums, block, i * columns, row)),
      { signal },
    );
  });
  return { unchanged: unchanged ? sums : null, block: block0 };
}

/** One row after another, each a slice. */
function* eachRow(count: number, visit: (row: number) => void): Slices {
  for (let row = 0; row < count; row++) {
    visit(row);
    yield;
  }
}

/** A reader that has the first block already. */
function having(block: RowsOfBoth | null, read: ReadBoth, each: number): ReadBoth {
  let kept = block;
  return (first, last) => {
    const early = first === 0 && last <= each ? kept : null;
    kept = null;
    return early ? Promise.resolve(early) : read(first, last);
  };
}

/** The passes over both sides that Gram matrices of the difference and of rounding noise take. */
class ChangePass {
  private readonly difference: number;
  private readonly noise: number;
  private readonly rounding: RoundingNoise;
  private readonly stride: number;

  constructor(
    private readonly machine: Machine,
    private readonly shape: ChangeShape,
    private readonly options: { each: number; seed: number; signal?: AbortSignal | undefined },
  ) {
    const { base, tuned, columns, name } = shape;
    this.stride = strideOf(columns);
    this.difference = machine.allocate(options.each * this.stride * 4);
    this.noise = machine.allocate(options.each * this.stride * 4);
    this.rounding = new RoundingNoise(base, tuned, columns, options.seed, name);
    for (const pointer of [this.difference, this.noise]) machine.bytes(pointer, options.each * this.stride * 4).fill(0);
  }

  async run(read: ReadBoth, [ofDifference, ofNoise]: Products[]): Promise<ChangeSums> {
    const {
      shape: { rows, columns },
      options: { each, signal },
      stride,
      machine,
      difference,
      noise,
    } = this;
    const all = noSums();
    for (let from: number | null = 0; from !== null; from = ofDifference.next) {
      const sums = from === 0 ? all : noSums();
      const differences = (block: RowsOfBoth, first: number, count: number): Slices =>
        eachRow(count, (i) => {
          const start = i * stride * 4;
          addDifference(sums, block, i * columns, machine.float32(difference + start, columns));
          this.rounding.row(first + i, block, i * columns, machine.float32(noise + start, columns));
        });
      const visit = function* (block: RowsOfBoth, first: number, count: number): Slices {
        yield* differences(block, first, count);
        if (!all.finite) return;
        yield* ofDifference.add(difference, first, count);
        yield* ofNoise.add(noise, first, count);
      };
      await eachBlock(read, { first: from, last: rows, each }, (...block) => finished(visit(...block), { signal }));
      if (!all.finite) break;
    }
    return all;
  }
}
