import { CheckpointError } from "../errors.js";
import { printable } from "../text.js";
import type { HttpTarget } from "./http.js";
import type { Source } from "./source.js";

/** How far back a read may go: several readers on neighbouring tensors are not in perfect order. */
const WINDOW = 16 << 20;

/**
 * A body as a source that is read once, in ascending order: what a server without ranges sends. Skips over what is not
 * asked for, keeps the last bytes, and refuses to go back beyond them.
 */
export function sequentialSource(target: HttpTarget, stream: ReadableStream<Uint8Array>, byteLength: number): Source {
  const { name } = target;
  const reader = stream.getReader();
  let kept: Uint8Array[] = [];
  /** The file's bytes [from, position) are kept. */
  let from = 0, position = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function advance(to: number, keepFrom: number): Promise<void> {
    while (position < to) {
      let next: ReadableStreamReadResult<Uint8Array>;
      try {
        next = await target.next(reader);
      } catch (error) {
        throw new CheckpointError("http-failed", `${printable(name)}: the connection broke at byte ${position}, and the server cannot resume there: it ignores byte ranges`, { cause: error });
      }
      if (next.done) throw new CheckpointError("truncated", `${printable(name)}: the stream ended at byte ${position} of ${byteLength}`);
      kept.push(next.value);
      position += next.value.length;
      if (position > byteLength) throw new CheckpointError("changed", `${printable(name)}: more than ${byteLength} bytes came`);
      const oldest = Math.min(keepFrom, position - WINDOW);
      while (kept.length > 0 && from + kept[0].length <= oldest) from += kept.shift()!.length;
    }
  }

  async function read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    if (start < from) throw new CheckpointError("not-seekable", `${printable(name)}: byte ${start} is wanted after byte ${position}, but the server ignores byte ranges and the file is read once, in order; download it first`);
    await advance(end, start);
    const result = new Uint8Array(end - start);
    let at = from;
    for (const piece of kept) {
      const first = Math.max(start, at), last = Math.min(end, at + piece.length);
      if (first < last) result.set(piece.subarray(first - at, last - at), first - start);
      at += piece.length;
    }
    return result;
  }

  return {
    name,
    byteLength,
    read: (start, end, signal) => {
      const result = turn.then(() => read(start, end, signal));
      turn = result.catch(() => undefined);
      return result;
    },
    close: async () => {
      kept = [];
      await reader.cancel().catch(() => undefined);
    },
  };
}
