import type { ChunkReader } from "../bytes/spooled.js";
import { drainedCheckpoint } from "../checkpoint/open.js";
import type { Source } from "../host/contract.js";

/**
 * Read through the stream itself: one of the web's, made from it, throws from within when it is cancelled while data
 * comes.
 */
function standardInput(): ChunkReader {
  const chunks = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return {
    async next() {
      const { done, value } = await chunks.next();
      return done ? null : value;
    },
    async cancel() {
      process.stdin.destroy();
    },
  };
}

/** Standard input, whole. */
export function spoolStandardInput(signal: AbortSignal, maxSpool: number): Promise<Source> {
  return drainedCheckpoint(standardInput(), "standard input", { signal, maxSpool });
}
