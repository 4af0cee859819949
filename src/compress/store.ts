import type { Factored } from "./factored.js";
import type { CheckedKeep } from "./options.js";
import { Spool } from "./spool.js";

/** What tells how many directions to keep: all σ², largest first, and ‖W‖², both times a power of two. */
export interface Spectrum {
  squares: Float64Array;
  total: number;
}

/** A matrix by all the directions that any of several compressions keeps. */
interface StoredFactors extends Spectrum {
  factored: Factored;
}

/** What several compressions of one checkpoint share, that differ in what they keep and in nothing else. */
export class FactorStore {
  private readonly matrices = new Map<string, StoredFactors>();

  private constructor(
    /** What any of them keeps. */
    readonly keeps: readonly CheckedKeep[],
    readonly spool: Spool,
  ) {}

  static async create(keeps: readonly CheckedKeep[]): Promise<FactorStore> {
    return new FactorStore(keeps, await Spool.create());
  }

  get(matrix: string): StoredFactors | undefined {
    return this.matrices.get(matrix);
  }

  set(matrix: string, factors: StoredFactors): void {
    this.matrices.set(matrix, factors);
  }

  close(): Promise<void> {
    return this.spool.close();
  }
}
