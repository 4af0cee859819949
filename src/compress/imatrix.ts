import { memorySource } from "../bytes/source.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { malformed } from "../checkpoint/fail.js";
import { openRaw } from "../checkpoint/open.js";
import type { TensorInfo } from "../types.js";

/** Names longer than this, and more entries than that, are no imatrix. */
const LONGEST_NAME = 1024;
const MOST_ENTRIES = 65536;

/**
 * llama.cpp's imatrix: mean squares of the activations that the columns of each tensor met, by tensor name. GGUF files
 * hold sums of squares `NAME.in_sum2` and how many they are of, `NAME.counts`; the older `.dat` holds sums and a number
 * of calls. Experts of a stack are added up.
 * @throws CheckpointError where it is neither, or cut.
 */
export async function readImportance(bytes: Uint8Array, file: string): Promise<Map<string, Float32Array>> {
  const isGguf = String.fromCharCode(...bytes.subarray(0, 4)) === "GGUF";
  return isGguf ? fromGguf(bytes, file) : fromDat(bytes, file);
}

const SUMS = ".in_sum2";

async function fromGguf(bytes: Uint8Array, file: string): Promise<Map<string, Float32Array>> {
  const checkpoint = await openRaw(memorySource(bytes, file));
  try {
    const importance = new Map<string, Float32Array>();
    for (const tensor of checkpoint.tensors) {
      if (!tensor.name.endsWith(SUMS)) continue;
      const name = tensor.name.slice(0, -SUMS.length);
      const counts = checkpoint.tensors.find((other) => other.name === `${name}.counts`);
      if (!counts)
        throw malformed("missing-tensor", checkpoint.name, "an imatrix without counts", { tensor: tensor.name });
      const columns = tensor.shape[tensor.shape.length - 1];
      const sums = await valuesOf(checkpoint, tensor);
      const total = (await valuesOf(checkpoint, counts)).reduce((sum, x) => sum + x, 0);
      importance.set(name, meanOf(sums, columns, total));
    }
    if (importance.size === 0)
      throw malformed("unknown-format", checkpoint.name, `no imatrix: it has no tensors ${SUMS}`);
    return importance;
  } finally {
    await checkpoint.close();
  }
}

function valuesOf(checkpoint: RawCheckpoint, tensor: TensorInfo): Promise<Float32Array> {
  return checkpoint.readRows(tensor, 0, tensor.shape.length < 2 ? 1 : tensor.shape[0]);
}

/** Sums over experts, over how many they are of. */
function meanOf(sums: Float32Array, columns: number, total: number): Float32Array {
  const mean = new Float64Array(columns);
  for (let i = 0; i < sums.length; i++) mean[i % columns] += sums[i];
  return Float32Array.from(mean, (sum) => (total > 0 ? sum / total : 0));
}

function fromDat(bytes: Uint8Array, file: string): Map<string, Float32Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const need = (length: number): number => {
    const start = at;
    if (length < 0 || at + length > bytes.length)
      throw malformed("truncated", file, "the imatrix is cut", { offset: at });
    at += length;
    return start;
  };
  const whole = (most: number): number => {
    const start = need(4);
    const value = view.getInt32(start, true);
    if (value < 0 || value > most)
      throw malformed("invalid-header", file, "no imatrix: a count out of range", { offset: start });
    return value;
  };
  const importance = new Map<string, Float32Array>();
  const entries = whole(MOST_ENTRIES);
  for (let i = 0; i < entries; i++) {
    const length = whole(LONGEST_NAME);
    const start = need(length);
    const name = new TextDecoder().decode(bytes.subarray(start, start + length));
    const calls = whole(0x7fffffff);
    const columns = whole(bytes.length);
    const values = new Float32Array(new Uint8Array(bytes.subarray(need(columns * 4), at)).buffer);
    importance.set(name, calls > 0 ? values.map((x) => x / calls) : values);
  }
  return importance;
}
