import { createScratch } from "#host";
import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Source } from "../host/contract.js";

/** ChunkReader of a stream, in order; null at its end. */
export interface ChunkReader {
  next(): Promise<Uint8Array | null>;
  cancel(): Promise<void>;
}

/**
 * A stream as a source: read once, in order, as far as it is needed, and kept in the host's scratch room, so that what
 * has come can be read again in any order.
 */
export async function spooledSource(pieces: ChunkReader, name: string, byteLength: number): Promise<Source> {
  const scratch = await createScratch();
  let position = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function advance(to: number, signal?: AbortSignal): Promise<void> {
    while (position < to) {
      signal?.throwIfAborted();
      const piece = await pieces.next();
      if (piece === null)
        throw new CheckpointError(
          "truncated",
          `${printable(name)}: the stream ended at byte ${position} of ${byteLength}`,
        );
      if (position + piece.length > byteLength)
        throw new CheckpointError("changed", `${printable(name)}: more than ${byteLength} bytes came`);
      await scratch.append(piece);
      position += piece.length;
    }
  }

  return {
    name,
    byteLength,
    async read(start, end, signal) {
      // The stream is read by one at a time; what is there already, by any.
      if (end > position) {
        const mine = turn.then(() => advance(end, signal));
        turn = mine.catch(() => undefined);
        await mine;
      }
      return scratch.read(start, end);
    },
    async close() {
      await pieces.cancel();
      await turn;
      await scratch.close();
    },
  };
}

/** A stream of unknown length, taken whole before anything is read. */
export async function drained(pieces: ChunkReader, name: string, signal?: AbortSignal): Promise<Source> {
  const scratch = await createScratch();
  let byteLength = 0;
  const stop = () => void pieces.cancel();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for (let piece = await pieces.next(); piece !== null; piece = await pieces.next()) {
      signal?.throwIfAborted();
      await scratch.append(piece);
      byteLength += piece.length;
    }
    signal?.throwIfAborted();
    return { name, byteLength, read: (start, end) => scratch.read(start, end), close: () => scratch.close() };
  } catch (error) {
    await pieces.cancel();
    await scratch.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** A stream as it is. */
export function piecesOf(stream: ReadableStream<Uint8Array>): ChunkReader {
  const reader = stream.getReader();
  return {
    next: async () => (await reader.read()).value ?? null,
    cancel: () => reader.cancel().catch(() => undefined),
  };
}
