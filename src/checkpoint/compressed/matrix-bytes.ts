import type { StoredTensor, TensorBytes } from "../checkpoint.js";
import { type EncodedType, encodedSize, encodeElements } from "../encode.js";
import { malformed } from "../fail.js";
import { type Factors, readFactors } from "./factors.js";
import type { ReplacedTensor } from "./metadata.js";
import { restoredRows } from "./rows.js";

/** The factors that were decoded last: rows are read one after the other, and a matrix after the other. */
export interface FactorCache {
  tensor: string;
  factors: Promise<Factors> | null;
}

/** Bytes restored at once at least, where a matrix has them: a product of a single row is mostly preparation. */
const AHEAD = 1 << 20;

/** A matrix that was replaced, and the tensors of the compressed file that stand for it. */
export interface ReplacedMatrix {
  name: string;
  entry: ReplacedTensor;
  parts: { suffix: string; tensor: StoredTensor }[];
  /** In which it comes back. */
  type: EncodedType;
}

/** The bytes of a replaced matrix, made from its factors as they are read. */
export function matrixBytes({ name, entry, parts, type }: ReplacedMatrix, cache: FactorCache): TensorBytes {
  const rows = entry.shape[0];
  const rowBytes = entry.shape.slice(1).reduce((a, b) => a * b, 1) * encodedSize(type);
  const ordered = parts.some(({ suffix }) => suffix === ".order");
  const { place } = parts[0].tensor.bytes;
  let window: { first: number; last: number; bytes: Uint8Array } = { first: 0, last: 0, bytes: new Uint8Array(0) };

  const factors = (signal?: AbortSignal): Promise<Factors> => {
    if (cache.tensor === name && cache.factors) return cache.factors;
    const reading = readFactors(entry, ordered, async (suffix) => {
      const { tensor } = parts.find((part) => part.suffix === suffix)!;
      return { tensor, bytes: await tensor.bytes.read(0, tensor.info.byteLength, signal) };
    }).then((found) => {
      if (found.method === "singular" || found.order === null || isPermutation(found.order)) return found;
      throw malformed("invalid-metadata", place.source.name, "is no order of columns", { tensor: `${name}.order` });
    });
    Object.assign(cache, { tensor: name, factors: reading });
    reading.catch(() => {
      cache.factors = null;
    });
    return reading;
  };

  return {
    place,
    async read(start, end, signal) {
      if (start === end) return new Uint8Array(0);
      const first = Math.floor(start / rowBytes);
      const last = Math.ceil(end / rowBytes);
      if (first < window.first || last > window.last) {
        const to = Math.min(rows, Math.max(last, first + Math.ceil(AHEAD / rowBytes)));
        const values = await restoredRows(entry, await factors(signal), first, to);
        signal?.throwIfAborted();
        window = { first, last: to, bytes: encodeElements(type, values) };
      }
      const from = window.first * rowBytes;
      return window.bytes.slice(start - from, end - from);
    },
  };
}

function isPermutation(order: Int32Array): boolean {
  const seen = new Uint8Array(order.length);
  for (const column of order) {
    if (!(column >= 0 && column < order.length) || seen[column]) return false;
    seen[column] = 1;
  }
  return true;
}

/** Matrices of `each` bytes one after the other. */
export function joined(matrices: readonly TensorBytes[], each: number): TensorBytes {
  if (matrices.length === 1) return matrices[0];
  return {
    place: matrices[0].place,
    async read(start, end, signal) {
      const bytes = new Uint8Array(end - start);
      for (let at = start; at < end; ) {
        const index = Math.floor(at / each);
        const to = Math.min(end, (index + 1) * each);
        bytes.set(await matrices[index].read(at - index * each, to - index * each, signal), at - start);
        at = to;
      }
      return bytes;
    },
  };
}
