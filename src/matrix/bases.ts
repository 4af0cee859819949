import { createBasisInSlices } from "../gaussians/uniform.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";

/** A basis in the arena with what depends on it alone. */
export interface PreparedBasis {
  readonly gaussians: number;
  readonly pointer: number;
  readonly rank: number;
  /** θ = 1ᵀP1/d: how much of a constant row the basis explains. */
  readonly theta: number;
  /** tr B and tr B² of B = (GGᵀ)⁻¹. */
  readonly inverseTrace: number;
  readonly inverseSquares: number;
}

/** Bytes of bases beyond which they are made anew. */
const MOST_BYTES = 16 << 20;

/** Columns of the inverse, a multiple of 4, between two yields. */
const TRACES_A_SLICE = 16;

const everyMachine = new WeakMap<Machine, Bases>();

/** Bases that stay in a machine's arena from one matrix to the next: a model's matrices have few different widths. */
export class Bases {
  private readonly known = new Map<string, PreparedBasis>();
  private start: number | null = null;

  /** Those of a machine that nothing but `analyzeMatrix` uses. */
  static of(machine: Machine): Bases {
    const bases = everyMachine.get(machine) ?? new Bases(machine);
    everyMachine.set(machine, bases);
    return bases;
  }

  private constructor(private readonly machine: Machine) {}

  /** To be run, in slices, while the arena holds nothing above earlier bases. */
  *prepare(columns: number, counts: readonly number[], width: number): Generator<void, PreparedBasis[], void> {
    const { exports } = this.machine;
    this.start ??= exports.mark();
    if (exports.mark() - this.start > MOST_BYTES) {
      this.known.clear();
      exports.release(this.start);
    }
    const bases: PreparedBasis[] = [];
    for (const gaussians of counts) {
      const key = `${columns} ${gaussians} ${width}`;
      const basis = this.known.get(key) ?? (yield* this.make(columns, gaussians, width));
      this.known.set(key, basis);
      bases.push(basis);
    }
    return bases;
  }

  private *make(columns: number, gaussians: number, width: number): Generator<void, PreparedBasis, void> {
    const { machine } = this;
    const { exports } = machine;
    // What is left of one that is not made to its end would stay.
    let kept = exports.mark();
    try {
      const pointer = yield* createBasisInSlices(machine, columns, gaussians, width);
      const made = exports.mark();
      const traces = machine.zeros64(2);
      for (let first = 0; first < gaussians; first += TRACES_A_SLICE) {
        exports.inverseTraces(pointer, first, first + TRACES_A_SLICE, traces);
        yield;
      }
      const [inverseTrace, inverseSquares] = machine.float64(traces, 2);
      const theta = machine.scope(() => {
        const ones = machine.zeros64(Math.ceil(columns / 2) + 2);
        const sums = machine.copyFloat64([columns, columns, 1]);
        const total = machine.zeros64(1);
        machine.float32(ones, columns).fill(1);
        exports.explainedEnergy(pointer, ones, 1, strideOf(columns), sums, total);
        return Math.min(1, machine.float64(total, 1)[0] / columns);
      });
      kept = made;
      return { gaussians, pointer, rank: exports.basisRank(pointer), theta, inverseTrace, inverseSquares };
    } finally {
      exports.release(kept);
    }
  }
}
