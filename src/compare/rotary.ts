/**
 * llama.cpp's converter stores the rows of queries and keys of some architectures in another order than their authors:
 * its rotary embedding turns neighbours, theirs turns row j of a head with row j + half. Subtracting needs one order;
 * ours is the authors'.
 */

/** Architectures whose converter reorders (`LlamaModel` of convert_hf_to_gguf.py and those derived from it). */
const REORDERED = new Set(["llama", "deci", "granite", "granitemoe", "minicpm", "arctic", "smollm3", "arcee"]);

/** Heads of a GGUF matrix whose rows lie in llama.cpp's order, 0 of any other. */
export function reorderedHeads(metadata: Readonly<Record<string, unknown>>, role: string | null, rows: number): number {
  const architecture = metadata["general.architecture"];
  if (typeof architecture !== "string" || !REORDERED.has(architecture)) return 0;
  if (role !== "attention.query" && role !== "attention.key") return 0;
  const all = metadata[`${architecture}.attention.head_count`];
  const keys = metadata[`${architecture}.attention.head_count_kv`];
  const heads = role === "attention.key" ? (keys ?? all) : all;
  return typeof heads === "number" && Number.isInteger(heads) && heads > 0 && rows % (2 * heads) === 0 ? heads : 0;
}

/** Where row j of a head of `side` rows in the authors' order lies in llama.cpp's. */
export function storedRow(j: number, side: number): number {
  const half = side / 2;
  return j < half ? 2 * j : 2 * (j - half) + 1;
}

/** Rows [first, last) of a matrix, decoded and row-major. */
export type ReadRows = (first: number, last: number) => Promise<Float32Array>;

/** Rows in the authors' order from a reader of rows in llama.cpp's. Whole heads are read. */
export function inAuthorsOrder(read: ReadRows, rows: number, columns: number, heads: number): ReadRows {
  const side = rows / heads;
  return async (first, last) => {
    const from = Math.floor(first / side) * side;
    const stored = await read(from, Math.min(rows, Math.ceil(last / side) * side));
    const ordered = new Float32Array((last - first) * columns);
    for (let row = first; row < last; row++) {
      const head = Math.floor(row / side) * side;
      const at = (head - from + storedRow(row - head, side)) * columns;
      ordered.set(stored.subarray(at, at + columns), (row - first) * columns);
    }
    return ordered;
  };
}
