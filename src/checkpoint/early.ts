import { CheckpointError } from "../base/errors.js";
import type { Source } from "../host/contract.js";
import { readGguf } from "./formats/gguf.js";
import { recognise, refuse } from "./formats/recognise.js";
import { readSafetensors } from "./formats/safetensors.js";

/** What is wrong whatever follows, and however long the stream is. */
const CERTAIN = new Set([
  ...["unknown-format", "pickle", "header-too-large", "invalid-header", "bad-magic", "unsupported-version"],
  ...["duplicate-tensor", "unknown-dtype", "shape-overflow"],
]);

/**
 * Looks at the beginning of a stream that is still coming.
 * @throws CheckpointError where no checkpoint begins so.
 */
export async function examineHead(head: Uint8Array, name: string): Promise<void> {
  const source: Source = {
    name,
    byteLength: Number.MAX_SAFE_INTEGER,
    async read(start, end) {
      if (end > head.length) throw new RangeError("not here yet");
      return head.subarray(start, end);
    },
  };
  try {
    const format = await recognise(source);
    if (format === "safetensors") await readSafetensors(source);
    else if (format === "gguf") await readGguf(source);
    else if (format !== "npy" && format !== "npz") throw refuse(format, name);
  } catch (error) {
    if (error instanceof CheckpointError && CERTAIN.has(error.code)) throw error;
  }
}
