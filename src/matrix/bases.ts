import { createBasis } from "../gaussians/uniform.js";
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

  /** To be called while the arena holds nothing above earlier bases. */
  prepare(columns: number, counts: readonly number[], width: number): PreparedBasis[] {
    const { exports } = this.machine;
    this.start ??= exports.mark();
    if (exports.mark() - this.start > MOST_BYTES) {
      this.known.clear();
      exports.release(this.start);
    }
    return counts.map((gaussians) => {
      const key = `${columns} ${gaussians} ${width}`;
      const basis = this.known.get(key) ?? this.make(columns, gaussians, width);
      this.known.set(key, basis);
      return basis;
    });
  }

  private make(columns: number, gaussians: number, width: number): PreparedBasis {
    const { machine } = this;
    const pointer = createBasis(machine, columns, gaussians, width);
    return machine.scope(() => {
      const ones = machine.zeros64(Math.ceil(columns / 2) + 2);
      const sums = machine.copyFloat64([columns, columns, 1]);
      const total = machine.zeros64(1);
      const traces = machine.zeros64(2);
      machine.float32(ones, columns).fill(1);
      machine.exports.explainedEnergy(pointer, ones, 1, Math.ceil(columns / 4) * 4, sums, total);
      machine.exports.inverseTraces(pointer, traces);
      const [inverseTrace, inverseSquares] = machine.float64(traces, 2);
      return {
        gaussians,
        pointer,
        rank: machine.exports.basisRank(pointer),
        theta: Math.min(1, machine.float64(total, 1)[0] / columns),
        inverseTrace,
        inverseSquares,
      };
    });
  }
}
