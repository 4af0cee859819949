import { malformed } from "../fail.js";
import { JsonError, JsonReader } from "../formats/json.js";

/** Keys of `__metadata__` and the tensor that make a compressed file (docs/method.md §9, layout 1). */
export const LAYOUT_KEY = "weightscope.layout";
/** What was replaced and how, by tensor: JSON. */
export const TENSORS_KEY = "weightscope.tensors";
/** The SHA-256 of the file that was compressed. */
export const SOURCE_KEY = "weightscope.source";
/** The original's header, byte for byte. */
export const HEADER_TENSOR = "weightscope.header";
/** Of the index of a checkpoint in several files: the original index, verbatim. */
export const INDEX_KEY = "weightscope.index";
/** The one layout there is; a file with another is refused. */
export const LAYOUT = "1";

/** How factors or amplitudes are stored. */
export type FactorBits = 4 | 8 | 16 | 32;

/** What `weightscope.tensors` says of a tensor, or a slice of one, that was replaced. */
export interface ReplacedTensor {
  method: "singular" | "gaussian";
  /** Of the original. */
  dtype: string;
  shape: number[];
  /** Directions kept, or Gaussians a row (`K` in the file). */
  kept: number;
  /** σ in units of columns/K; Gaussians only. */
  width: number | null;
  bits: FactorBits;
  /** Whether its transpose was factored. */
  transposed: boolean;
  /**
   * Stored tensors of the original that the matrix was put together from (GPTQ's codes and scales); null: it was one.
   */
  tensors: string[] | null;
}

/** The entries as the file has them: JSON with sorted keys. */
export function tensorsText(entries: ReadonlyMap<string, ReplacedTensor>): string {
  const sorted = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => {
      const { method, dtype, shape, kept, width, bits, transposed } = entry;
      const from = entry.tensors === null ? {} : { tensors: entry.tensors };
      const fields =
        method === "singular"
          ? { bits, dtype, method, rank: kept, shape, ...from, transposed }
          : { K: kept, bits, dtype, method, shape, ...from, transposed, width };
      return `${JSON.stringify(name)}:${JSON.stringify(fields)}`;
    });
  return `{${sorted.join(",")}}`;
}

/** @throws CheckpointError naming the tensor whose entry is not one of layout 1. */
export function parseTensors(text: string, file: string): Map<string, ReplacedTensor> {
  const entries = new Map<string, ReplacedTensor>();
  const reader = new JsonReader(text);
  try {
    reader.object((name) => {
      if (entries.has(name))
        throw malformed("invalid-metadata", file, `stands twice in ${TENSORS_KEY}`, { tensor: name });
      entries.set(name, checkedEntry(reader.value(), name, file));
    });
    reader.end();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw malformed(
      "invalid-metadata",
      file,
      `${TENSORS_KEY} is not valid: ${error.message}, character ${error.position}`,
    );
  }
  return entries;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkedEntry(value: unknown, tensor: string, file: string): ReplacedTensor {
  const fail = (what: string) => malformed("invalid-metadata", file, `${TENSORS_KEY}: ${what}`, { tensor });
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fail("no object");
  const { method, dtype, shape, rank, K, width, bits, transposed, tensors } = value as Record<string, unknown>;
  if (method !== "singular" && method !== "gaussian") throw fail("method must be singular or gaussian");
  if (typeof dtype !== "string") throw fail("dtype is missing");
  if (!Array.isArray(shape) || shape.length < 2 || !shape.every(isCount))
    throw fail("shape must be two lengths or more");
  const kept = method === "singular" ? rank : K;
  if (!isCount(kept)) throw fail(`${method === "singular" ? "rank" : "K"} must be a whole number`);
  if (method === "gaussian" && !(typeof width === "number" && width > 0)) throw fail("width must be above 0");
  if (bits !== 4 && bits !== 8 && bits !== 16 && bits !== 32) throw fail("bits must be 4, 8, 16 or 32");
  if (typeof transposed !== "boolean") throw fail("transposed must be true or false");
  if (tensors !== undefined && !(Array.isArray(tensors) && tensors.every((name) => typeof name === "string"))) {
    throw fail("tensors must be names");
  }
  return {
    method,
    dtype,
    shape,
    kept,
    width: method === "gaussian" ? (width as number) : null,
    bits,
    transposed,
    tensors: tensors ?? null,
  };
}
