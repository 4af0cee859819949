import { CheckpointError } from "../base/errors.js";
import type { Beginning } from "../bytes/spooled.js";
import { noRoom } from "../bytes/spooled.js";
import type { Source } from "../host/contract.js";
import { readGguf } from "./formats/gguf.js";
import { readNpy } from "./formats/npy.js";
import { recognise, refuse } from "./formats/recognise.js";
import { readSafetensors } from "./formats/safetensors.js";

/** What is read lies beyond what has come. */
class NotHere extends Error {}

/**
 * Looks at the beginning of a stream that is still coming; true where its header is there whole, and nothing more can
 * be learned. The directory of a zip archive stands at its end.
 * @throws CheckpointError where no checkpoint begins so, whatever follows, or its tensors reach beyond what is kept.
 */
export async function examineHead({ name, length, limit, read }: Beginning): Promise<boolean> {
  const source: Source = {
    name,
    byteLength: limit,
    async read(start, end) {
      if (end > length) throw new NotHere();
      return read(start, end);
    },
  };
  try {
    const format = await recognise(source);
    if (format === "safetensors") await readSafetensors(source);
    else if (format === "gguf") await readGguf(source);
    else if (format === "npy") await readNpy(source, name, name, null);
    else if (format !== "npz") throw refuse(format, name);
    return true;
  } catch (error) {
    if (error instanceof NotHere) return false;
    if (!(error instanceof CheckpointError)) throw error;
    // All else of the header was found in order; the stream is no longer than what may be kept, or says so itself.
    if (error.code === "trailing-data") return true;
    throw error.code === "truncated" ? noRoom(name, limit) : error;
  }
}
