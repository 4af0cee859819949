import { type EncodedType, encodedSize, encodeElements, isEncoded } from "../checkpoint/encode.js";
import type { Both } from "./compare.js";
import { ownerOf, savedName } from "./peft.js";
import type { FoundPair, FoundVector } from "./report.js";
import { readElements, rowReader, type Side } from "./side.js";

/** A tensor that an adapter saves whole. */
export interface Saved {
  /** As the adapter calls it, and as the checkpoint does. */
  name: string;
  tensor: string;
  module: string;
  dtype: EncodedType;
  shape: readonly number[];
  byteLength: number;
  /** ‖Δ‖². */
  change: number;
  read(signal?: AbortSignal): AsyncGenerator<Uint8Array>;
}

/** What a LoRA does not hold: what is saved whole beside it, and what is not. */
export interface Rest {
  saved: Saved[];
  leftOut: { name: string; change: number }[];
}

interface Given {
  found: readonly FoundPair[];
  vectors: readonly FoundVector[];
  /** Modules that have factors. */
  adapted: ReadonlySet<string>;
  /** Whether anything is to be saved whole. */
  wanted: boolean;
}

/** Values read at once. */
const AT_ONCE = 1 << 20;

/** A tensor of the model that is not in the factors. */
interface Candidate {
  tensor: string;
  change: number;
  saved(name: string, module: string): Saved;
}

/** Of all that has no factors: modules that changed, whole, where that is wanted and their names allow it. */
export function restOf(both: Both, names: "base" | "tuned", { found, vectors, adapted, wanted }: Given): Rest {
  const candidates = [...matrixCandidates(both, names, found), ...vectorCandidates(both, names, vectors)];
  const changed = new Set(candidates.filter(({ change }) => change > 0).map(({ tensor }) => ownerOf(tensor)?.module));
  const rest: Rest = { saved: [], leftOut: [] };
  for (const { tensor, change, saved } of candidates) {
    const owner = ownerOf(tensor);
    if (owner?.part === "weight" && adapted.has(owner.module)) continue;
    if (wanted && owner && changed.has(owner.module) && !adapted.has(owner.module))
      rest.saved.push(saved(savedName(owner.module, owner.part), owner.module));
    else if (change > 0) rest.leftOut.push({ name: tensor, change });
  }
  return rest;
}

/**
 * The type that values are saved in: their own, or F32's place taken by BF16 where theirs is none that can be written.
 */
const savedType = (dtype: string): EncodedType => (isEncoded(dtype) && dtype !== "F64" ? dtype : "BF16");

function matrixCandidates(both: Both, names: "base" | "tuned", found: readonly FoundPair[]): Candidate[] {
  const side: Side = both.tuned;
  const other = both.base.checkpoint.format !== side.checkpoint.format;
  return found.map(({ pair, figures }) => {
    const { rows, columns, tensor } = pair.tuned;
    const dtype = savedType(tensor.dtype);
    const stored = pair.tuned.transposed ? [columns, rows] : [rows, columns];
    return {
      tensor: pair[names].name,
      change: figures.sums.change,
      saved: (name, module) => ({
        name,
        tensor: pair[names].name,
        module,
        dtype,
        shape: stored,
        byteLength: rows * columns * encodedSize(dtype),
        change: figures.sums.change,
        async *read(signal) {
          const straight = { ...pair.tuned, transposed: false, rows: stored[0], columns: stored[1] };
          const read = rowReader(side, straight, signal, other);
          const each = Math.max(1, Math.floor(AT_ONCE / stored[1]));
          for (let first = 0; first < stored[0]; first += each)
            yield encodeElements(dtype, await read(first, Math.min(stored[0], first + each)));
        },
      }),
    };
  });
}

function vectorCandidates(both: Both, names: "base" | "tuned", vectors: readonly FoundVector[]): Candidate[] {
  return both.matched.vectors.map((pair, i) => {
    const { tensor, columns } = pair.tuned;
    const dtype = savedType(tensor.dtype);
    return {
      tensor: pair[names].name,
      change: vectors[i].change,
      saved: (name, module) => ({
        name,
        tensor: pair[names].name,
        module,
        dtype,
        shape: tensor.shape,
        byteLength: columns * encodedSize(dtype),
        change: vectors[i].change,
        async *read(signal) {
          for (let first = 0; first < columns; first += AT_ONCE) {
            const range = { first, last: Math.min(columns, first + AT_ONCE) };
            yield encodeElements(dtype, await readElements(both.tuned, pair.tuned, range, signal));
          }
        },
      }),
    };
  });
}
