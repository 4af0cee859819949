import type { SparseMatrix } from "../types.js";
import type { RankedTokens } from "./vocabulary.js";

/** C[i, j] = how often rank j follows rank i directly, over the `size` most frequent types; values are whole, f64. */
export function countPairs({ tokens, borders }: RankedTokens, size: number): SparseMatrix {
  const eachPair = (visit: (i: number, j: number) => void): void => {
    for (let b = 0; b + 1 < borders.length; b++) {
      for (let t = borders[b] + 1; t < borders[b + 1]; t++)
        if (tokens[t - 1] < size && tokens[t] < size) visit(tokens[t - 1], tokens[t]);
    }
  };
  // Two stable distributions, by second then by first rank, leave every row's second ranks ascending.
  const bySecond = new Uint32Array(size + 1);
  const byFirst = new Uint32Array(size + 1);
  eachPair((i, j) => {
    bySecond[j + 1]++;
    byFirst[i + 1]++;
  });
  for (let k = 0; k < size; k++) {
    bySecond[k + 1] += bySecond[k];
    byFirst[k + 1] += byFirst[k];
  }
  const pairs = byFirst[size];
  const firsts = new Uint32Array(pairs);
  const seconds = new Uint32Array(pairs);
  const next = bySecond.slice(0, size);
  eachPair((i, j) => {
    firsts[next[j]++] = i;
  });
  next.set(byFirst.subarray(0, size));
  for (let j = 0; j < size; j++) for (let k = bySecond[j]; k < bySecond[j + 1]; k++) seconds[next[firsts[k]]++] = j;
  return joinEqual(seconds, byFirst, size);
}

/** Rows of ascending indices with repetitions to rows of distinct ones with their counts. */
function joinEqual(seconds: Uint32Array, starts: Uint32Array, size: number): SparseMatrix {
  const offsets = new Uint32Array(size + 1);
  for (let i = 0; i < size; i++) {
    let distinct = 0;
    for (let k = starts[i]; k < starts[i + 1]; k++) if (k === starts[i] || seconds[k] !== seconds[k - 1]) distinct++;
    offsets[i + 1] = offsets[i] + distinct;
  }
  const indices = new Uint32Array(offsets[size]);
  const values = new Float64Array(offsets[size]);
  for (let i = 0, at = -1; i < size; i++) {
    for (let k = starts[i]; k < starts[i + 1]; k++) {
      if (k === starts[i] || seconds[k] !== seconds[k - 1]) indices[++at] = seconds[k];
      values[at]++;
    }
  }
  return { rows: size, columns: size, offsets, indices, values };
}

/** The counts of the `size` most frequent types alone: a chain is broken by the others just as by what C leaves out. */
export function restrict(counts: SparseMatrix, size: number): SparseMatrix {
  if (size === counts.rows) return counts;
  const offsets = new Uint32Array(size + 1);
  const ends = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    let end = counts.offsets[i];
    while (end < counts.offsets[i + 1] && counts.indices[end] < size) end++;
    ends[i] = end;
    offsets[i + 1] = offsets[i] + end - counts.offsets[i];
  }
  const indices = new Uint32Array(offsets[size]);
  const values = new Float64Array(offsets[size]);
  for (let i = 0; i < size; i++) {
    indices.set(counts.indices.subarray(counts.offsets[i], ends[i]), offsets[i]);
    values.set(counts.values.subarray(counts.offsets[i], ends[i]), offsets[i]);
  }
  return { rows: size, columns: size, offsets, indices, values };
}
