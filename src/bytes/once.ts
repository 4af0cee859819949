import { createScratch } from "#host";
import type { Location, Scratch, Source } from "../host/contract.js";

/** Bytes [start, end) of a source, which lie at `offset` of the scratch room. */
interface Held {
  start: number;
  end: number;
  offset: number;
}

/**
 * A source whose bytes are asked for once each, in any order, and put aside in the host's scratch room, which grows to
 * what was read; a file of this machine is its own scratch room.
 */
export function readOnce(source: Source): Source {
  if (source.path !== undefined) return source;
  const { name, byteLength, tag } = source;
  let scratch: Promise<Scratch> | null = null;
  let length = 0;
  /** By their first bytes; none overlap. */
  const held: Held[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  /** Index of the first piece that ends after `at`. */
  const after = (at: number): number => {
    let [low, high] = [0, held.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (held[middle].end > at) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  function keep(start: number, end: number, offset: number): void {
    const index = after(start);
    const before = held[index - 1];
    if (before?.end === start && before.offset + start - before.start === offset) before.end = end;
    else held.splice(index, 0, { start, end, offset });
  }

  /** Reads what of [start, end) is not held. */
  async function fetchGaps(start: number, end: number, signal?: AbortSignal, until?: number): Promise<void> {
    for (let at = start; at < end; ) {
      const next = held[after(at)];
      if (next !== undefined && next.start <= at) {
        at = next.end;
        continue;
      }
      const to = Math.min(end, next?.start ?? end);
      const bytes = await source.read(at, to, signal, until);
      await (await (scratch ??= createScratch())).append(bytes);
      keep(at, to, length);
      length += bytes.length;
      at = to;
    }
  }

  async function heldBytes(start: number, end: number): Promise<Uint8Array> {
    const from = await (scratch ??= createScratch());
    const pieces: { at: number; bytes: Uint8Array }[] = [];
    for (let index = after(start); index < held.length && held[index].start < end; index++) {
      const piece = held[index];
      const [first, last] = [Math.max(start, piece.start), Math.min(end, piece.end)];
      const offset = piece.offset - piece.start;
      pieces.push({ at: first - start, bytes: await from.read(offset + first, offset + last) });
    }
    if (pieces.length === 1) return pieces[0].bytes;
    const whole = new Uint8Array(end - start);
    for (const { at, bytes } of pieces) whole.set(bytes, at);
    return whole;
  }

  return {
    name,
    byteLength,
    ...(tag !== undefined && { tag }),
    async read(start, end, signal, until) {
      // One reader at a time: none asks for what another waits for.
      const mine = turn.then(() => fetchGaps(start, end, signal, until));
      turn = mine.catch(() => undefined);
      await mine;
      return heldBytes(start, end);
    },
    async close() {
      await turn;
      await (await scratch)?.close();
      scratch = null;
      await source.close?.();
    },
  };
}

/** A location whose sources, and its neighbours', are read once. */
export function onceLocation(location: Location): Location {
  const { list } = location;
  return {
    name: location.name,
    open: async (signal) => readOnce(await location.open(signal)),
    sibling: (fileName) => onceLocation(location.sibling(fileName)),
    ...(list && { list: () => list.call(location) }),
  };
}
