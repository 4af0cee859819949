import { createScratch } from "#host";
import { onAbort } from "../base/aborts.js";
import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Source } from "../host/contract.js";

/** Bytes of a stream that are kept at most, where no limit is given: 64 GiB. */
const MOST_KEPT = 2 ** 36;

/** What is said of a stream that is, or says that it is, longer than may be kept. */
export const noRoom = (name: string, limit: number): CheckpointError =>
  new CheckpointError(
    "no-room",
    `${printable(name)}: longer than the ${limit} bytes of a stream that are kept (--max-spool, maxSpool)`,
  );

/** @throws CheckpointError "no-room" where a stream is longer than may be kept. */
function checkKept(byteLength: number, limit: number, name: string): void {
  if (byteLength > limit) throw noRoom(name, limit);
}

/** ChunkReader of a stream, in order; null at its end. */
export interface ChunkReader {
  next(): Promise<Uint8Array | null>;
  cancel(): Promise<void>;
}

/**
 * A stream as a source: read once, in order, as far as it is needed, and kept in the host's scratch room, so that what
 * has come can be read again in any order.
 */
export async function spooledSource(
  pieces: ChunkReader,
  name: string,
  byteLength: number,
  limit = MOST_KEPT,
): Promise<Source> {
  try {
    checkKept(byteLength, limit, name);
  } catch (error) {
    await pieces.cancel();
    throw error;
  }
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

/** Bytes at which the beginning of a stream is looked at while the rest is still coming: no header is longer. */
const LOOKS = [1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26, 1 << 27];

/** What has come of a stream. */
export interface Beginning {
  name: string;
  /** Bytes that are there. */
  length: number;
  /** Bytes that may be kept, and so the most that the stream may be long. */
  limit: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Looks at a beginning: true where there is nothing more to see; where it rejects, nothing more is taken. */
export type Examine = (beginning: Beginning) => Promise<boolean>;

/** What may be asked of a stream that is taken whole. */
interface Drained {
  signal?: AbortSignal | undefined;
  /** Bytes that are kept at most. */
  limit?: number | undefined;
  /** Called with longer and longer beginnings of the stream. */
  examine?: Examine | undefined;
}

/** A stream of unknown length, taken whole before anything is read. */
export async function drained(
  pieces: ChunkReader,
  name: string,
  { signal, limit = MOST_KEPT, examine }: Drained = {},
): Promise<Source> {
  const scratch = await createScratch();
  let byteLength = 0;
  let looks = 0;
  const stop = () => void pieces.cancel();
  const forget = onAbort(signal, stop);
  try {
    for (let piece = await pieces.next(); piece !== null; piece = await pieces.next()) {
      signal?.throwIfAborted();
      checkKept(byteLength + piece.length, limit, name);
      await scratch.append(piece);
      byteLength += piece.length;
      const looked = looks;
      while (byteLength >= LOOKS[looks]) looks++;
      if (!examine || looks === looked) continue;
      const read = (start: number, end: number): Promise<Uint8Array> => scratch.read(start, end);
      if (await examine({ name, length: byteLength, limit, read })) looks = LOOKS.length;
    }
    signal?.throwIfAborted();
    return { name, byteLength, read: (start, end) => scratch.read(start, end), close: () => scratch.close() };
  } catch (error) {
    await pieces.cancel();
    await scratch.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    forget();
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
