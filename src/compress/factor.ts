import { seedFor } from "../base/random.js";
import type { ReplacedTensor } from "../checkpoint/compressed/metadata.js";
import type { Interpreted } from "../checkpoint/views/interpreted.js";
import { DEFAULT_WIDTH } from "../gaussians/uniform.js";
import type { Machine } from "../kernels/machine.js";
import type { ByteReader } from "../matrix/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { signalDirections } from "../spectra/signal.js";
import type { TensorInfo } from "../types.js";
import { type Costs, gaussiansAsked, gaussiansWithin, numbersOfDirection, rankReaching, rankWithin } from "./budget.js";
import { type Codec, codecFor } from "./codec.js";
import type { Factored, LeftWhole } from "./factored.js";
import { gaussianAmplitudes } from "./gaussian.js";
import { columnWeights } from "./importance.js";
import type { CheckedKeep, CompressSettings } from "./options.js";
import { isTruncated, singularDirections } from "./singular.js";
import type { FactorStore, Spectrum } from "./store.js";

/** What a `Factorizer` works with. */
export interface FactorContext {
  machine: Machine;
  settings: CompressSettings;
  checkpoint: Interpreted;
  store: FactorStore;
  signal?: AbortSignal | undefined;
}

/** What stands for a matrix, put aside in the store. */
export class Factorizer {
  constructor(private readonly context: FactorContext) {}

  run(matrix: StoredMatrix, bytes: ByteReader): Promise<Factored | LeftWhole> {
    return this.context.settings.method === "gaussian" ? this.gaussian(matrix, bytes) : this.singular(matrix, bytes);
  }

  private costsOf(matrix: StoredMatrix, codec: Codec): Costs {
    const { rows, columns, byteLength } = matrix;
    const parts = partsOf(this.context.checkpoint, matrix);
    const bytes = parts === null ? byteLength : parts.reduce((sum, part) => sum + part.byteLength, 0);
    return { rows, columns, sourceBits: bytes * 8, bitsEach: codec.bitsEach };
  }

  private async singular(matrix: StoredMatrix, bytes: ByteReader): Promise<Factored | LeftWhole> {
    const { machine, store, settings, checkpoint, signal } = this.context;
    const { spool } = store;
    const codec = codecFor(settings.factors, matrix.type.name, checkpoint.format);
    const costs = this.costsOf(matrix, codec);
    const known = this.knownRank(costs);
    const alone = isTruncated(matrix, known);
    const before = alone ? undefined : store.get(matrix.name);
    if (before) return cut(before.factored, this.rankOf(settings.keep, before, costs));
    const keeps = alone ? [settings.keep] : store.keeps;
    let spectrum: Spectrum = { squares: new Float64Array(0), total: 0 };
    const found = await singularDirections(machine, {
      matrix,
      bytes,
      memory: settings.memory,
      known,
      count: (squares, total) => {
        spectrum = { squares, total };
        return Math.max(...keeps.map((keep) => this.rankOf(keep, spectrum, costs)));
      },
      seed: seedFor(settings.seed, matrix.name),
      columnWeights: settings.importance && columnWeights(settings.importance, matrix),
      signal,
    });
    if (found === null) return { matrix, reason: NOT_FINITE };
    const { left, right, squares, total, energies } = found;
    const factored: Factored = {
      matrix,
      costs,
      name: matrix.name,
      rows: matrix.rows,
      columns: matrix.columns,
      codec,
      kept: squares.length,
      numbers: { method: "singular", left: await spool.append(left), right: await spool.append(right) },
      total,
      squares,
      energies,
    };
    if (alone) return factored;
    store.set(matrix.name, { factored, ...spectrum });
    return cut(factored, this.rankOf(settings.keep, spectrum, costs));
  }

  /** The rank, where it does not depend on the weights. */
  private knownRank(costs: Costs): number | null {
    const { keep, pooled } = this.context.settings;
    if (pooled || !(keep.kind === "rank" || keep.kind === "budget")) return null;
    return keep.kind === "rank" ? Math.min(keep.value, costs.rows, costs.columns) : rankWithin(keep.value, costs);
  }

  /** Directions to put aside: those that are kept, or, where that is decided over all matrices, those that may be. */
  private rankOf(keep: CheckedKeep, { squares, total }: Spectrum, costs: Costs): number {
    if (this.context.settings.pooled) return keep.kind === "energy" ? squares.length : Math.max(1, breakEven(costs));
    switch (keep.kind) {
      case "budget":
        return rankWithin(keep.value, costs);
      case "energy":
        return rankReaching(squares, keep.value, total);
      case "rank":
        return Math.min(keep.value, squares.length);
      default:
        return Math.max(1, signalDirections(squares, costs.rows, costs.columns).directions);
    }
  }

  private async gaussian(matrix: StoredMatrix, bytes: ByteReader): Promise<Factored | LeftWhole> {
    const { machine, store, settings, checkpoint, signal } = this.context;
    const codec = codecFor(settings.factors, matrix.type.name, checkpoint.format);
    const costs = this.costsOf(matrix, codec);
    const job = { matrix, bytes, memory: settings.memory, order: settings.order, signal };
    const found = await gaussianAmplitudes(machine, { ...job, gaussians: this.gaussiansOf(costs) });
    if (found === null) return { matrix, reason: NOT_FINITE };
    return {
      matrix,
      costs,
      name: matrix.name,
      rows: matrix.rows,
      columns: matrix.columns,
      codec,
      kept: found.gaussians,
      numbers: { method: "gaussian", amplitudes: await store.spool.append(found.values), order: found.order },
      total: found.total,
      squares: new Float64Array(0),
      energies: Float64Array.of(found.energy),
    };
  }

  private gaussiansOf(costs: Costs): number | { energy: number } {
    const { keep } = this.context.settings;
    if (keep.kind === "gaussians") return gaussiansAsked(keep.value, costs.columns);
    return keep.kind === "budget"
      ? gaussiansWithin(keep.value, costs)
      : { energy: keep.kind === "energy" ? keep.value : 1 };
  }
}

/** The first directions of those put aside. */
const cut = (factored: Factored, rank: number): Factored => ({
  ...factored,
  kept: Math.min(rank, factored.squares.length),
  squares: factored.squares.slice(0, rank),
  energies: factored.energies.slice(0, rank),
});

/** The stored tensors that a matrix is put together from; null where it is stored as it is. */
export function partsOf(checkpoint: Interpreted, { tensor }: StoredMatrix): TensorInfo[] | null {
  const names = checkpoint.assembled(tensor)?.parts;
  if (names === undefined) return null;
  const wanted = new Set(names);
  return checkpoint.stored.tensors.filter(({ name }) => wanted.has(name));
}

const NOT_FINITE = "a weight is not finite";

/** The rank whose factors take as many bits as the matrix. */
export const breakEven = (costs: Costs): number =>
  Math.min(costs.rows, costs.columns, Math.floor(costs.sourceBits / (costs.bitsEach * numbersOfDirection(costs))));

/** What the metadata say of it; `tensors` are those that it was put together from. */
export function entryOf({ matrix, numbers, kept, codec }: Factored, tensors: string[] | null): ReplacedTensor {
  return {
    method: numbers.method,
    dtype: matrix.type.name,
    shape: [...matrix.shape],
    kept,
    width: numbers.method === "gaussian" ? DEFAULT_WIDTH : null,
    bits: codec.bits,
    transposed: matrix.transposed,
    tensors,
  };
}

/** Share of ‖W‖² that `kept` directions hold. */
export const energyKept = ({ energies, kept, numbers }: Factored): number =>
  numbers.method === "gaussian" ? energies[0] : kept === 0 ? 0 : energies[kept - 1];
