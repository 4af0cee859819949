import { createScratch } from "#host";
import type { ByteRange, Scratch } from "../host/contract.js";

/** A piece that came, and where it lies in the scratch room. */
interface Piece extends ByteRange {
  at: number;
}

/** Bytes asked for at once where all are taken before any is given. */
const STEP = 4 << 20;

/**
 * Bytes of a slow source that will be read more than once: kept in the host's scratch room as they first come. With
 * `whole` all are taken in order before the first read is served, for a reader that jumps.
 */
export class KeptBytes {
  private readonly pieces: Piece[] = [];
  private scratch: Promise<Scratch> | null = null;
  private length = 0;
  private turn: Promise<unknown> = Promise.resolve();
  private taken: Promise<void> | null = null;

  constructor(
    private readonly fetchRange: (start: number, end: number, into?: Uint8Array) => Promise<Uint8Array>,
    private readonly byteLength: number,
    private readonly whole: boolean,
  ) {}

  /** Bytes [start, end). */
  async read(start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
    if (this.whole) {
      this.taken ??= this.takeAll();
      await this.taken;
    }
    return (await this.fromScratch(start, end)) ?? this.fetchAndKeep(start, end, into);
  }

  /** Frees the room. */
  async close(): Promise<void> {
    await this.turn;
    await (await this.scratch)?.close();
    this.scratch = null;
  }

  private async takeAll(): Promise<void> {
    for (let at = 0; at < this.byteLength; at += STEP)
      await this.fetchAndKeep(at, Math.min(this.byteLength, at + STEP));
  }

  private async fetchAndKeep(start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
    const bytes = await this.fetchRange(start, end, into);
    const keeping = this.turn.then(async () => {
      this.scratch ??= createScratch();
      await (await this.scratch).append(bytes);
      this.pieces.push({ start, end, at: this.length });
      this.length += bytes.length;
    });
    this.turn = keeping.catch(() => undefined);
    await keeping;
    return bytes;
  }

  /** Null where not all of it came before. */
  private async fromScratch(start: number, end: number): Promise<Uint8Array | null> {
    const parts: ByteRange[] = [];
    for (let at = start; at < end; ) {
      const piece = this.pieces.find((one) => one.start <= at && at < one.end);
      if (!piece) return null;
      const last = Math.min(end, piece.end);
      parts.push({ start: piece.at + at - piece.start, end: piece.at + last - piece.start });
      at = last;
    }
    const scratch = await this.scratch!;
    if (parts.length === 1) return scratch.read(parts[0].start, parts[0].end);
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    for (const part of parts) {
      bytes.set(await scratch.read(part.start, part.end), filled);
      filled += part.end - part.start;
    }
    return bytes;
  }
}
