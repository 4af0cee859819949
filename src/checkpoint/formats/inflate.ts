import type { Source } from "../../host/contract.js";
import { malformed } from "../fail.js";
import type { ZipEntry } from "./zip.js";

/** Compressed bytes read at once. */
const PIECE = 1 << 18;

/** A member that is inflated as it is read. */
export interface InflatedSource extends Source {
  /** Lets go of what the next read in order would go on from: some 100 kB, the host's. */
  rest(): void;
}

/**
 * A deflated member as a source. Deflate is read from its start only, so reads in ascending order cost one pass, and
 * one that goes back begins another; nothing but the current piece is held. The checksum is taken on the way to the
 * end.
 */
export function inflatedSource(archive: Source, entry: ZipEntry, dataStart: number): InflatedSource {
  let pass: Pass | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  async function read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    if (!pass || start < pass.position) {
      pass?.cancel();
      pass = new Pass(archive, entry, dataStart);
    }
    try {
      await pass.skip(start - pass.position, signal);
      return await pass.take(end - start, signal);
    } catch (error) {
      pass.cancel();
      pass = null;
      throw error;
    }
  }

  return {
    name: archive.name,
    byteLength: entry.size,
    // One at a time: they share the stream.
    read: (start, end, signal) => {
      const result = turn.then(() => read(start, end, signal));
      turn = result.catch(() => undefined);
      return result;
    },
    rest: () => {
      pass?.cancel();
      pass = null;
    },
  };
}

class Pass {
  position = 0;
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private current = new Uint8Array(0);
  private checksum = 0xffffffff;

  constructor(
    private readonly archive: Source,
    private readonly entry: ZipEntry,
    dataStart: number,
  ) {
    let at = dataStart;
    const end = dataStart + entry.compressedSize;
    const compressed = new ReadableStream<BufferSource>(
      {
        async pull(controller) {
          if (at === end) return controller.close();
          const next = Math.min(at + PIECE, end);
          controller.enqueue((await archive.read(at, next, undefined, end)).slice());
          at = next;
        },
      },
      { highWaterMark: 0 },
    );
    this.reader = compressed.pipeThrough(inflater(archive, entry)).getReader();
  }

  async skip(count: number, signal?: AbortSignal): Promise<void> {
    while (count > 0) {
      await this.fill(signal);
      const step = Math.min(count, this.current.length);
      this.advance(step);
      count -= step;
    }
  }

  async take(count: number, signal?: AbortSignal): Promise<Uint8Array> {
    const result = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      await this.fill(signal);
      const step = Math.min(count - filled, this.current.length);
      result.set(this.current.subarray(0, step), filled);
      this.advance(step);
      filled += step;
    }
    if (this.position === this.entry.size) await this.finish();
    return result;
  }

  cancel(): void {
    this.reader.cancel().catch(() => undefined);
  }

  private advance(count: number): void {
    this.current = this.current.subarray(count);
    this.position += count;
  }

  private async fill(signal?: AbortSignal): Promise<void> {
    while (this.current.length === 0) {
      signal?.throwIfAborted();
      const { done, value } = await this.next();
      if (done)
        throw malformed(
          "truncated",
          this.archive.name,
          `it inflates to ${this.position} bytes, not to the ${this.entry.size} it claims`,
          { tensor: this.entry.name },
        );
      this.current = value as Uint8Array<ArrayBuffer>;
      this.checksum = crc32(this.checksum, value!);
    }
  }

  /** At the last byte claimed the stream must end, and the checksum be right. */
  private async finish(): Promise<void> {
    if (this.current.length === 0) {
      let more = await this.next();
      while (!more.done && more.value!.length === 0) more = await this.next();
      if (!more.done)
        throw malformed("zip-bomb", this.archive.name, `it inflates beyond the ${this.entry.size} bytes it claims`, {
          tensor: this.entry.name,
        });
    } else
      throw malformed("zip-bomb", this.archive.name, `it inflates beyond the ${this.entry.size} bytes it claims`, {
        tensor: this.entry.name,
      });
    if ((this.checksum ^ 0xffffffff) >>> 0 !== this.entry.crc32)
      throw malformed("bad-checksum", this.archive.name, "its checksum is wrong: the file is damaged", {
        tensor: this.entry.name,
      });
  }

  private async next(): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
    try {
      return await this.reader.read();
    } catch (error) {
      if (error instanceof Error && error.name === "CheckpointError") throw error;
      throw malformed("bad-deflate", this.archive.name, "its compressed bytes are damaged", {
        tensor: this.entry.name,
        cause: error,
      });
    }
  }
}

/** Node 20 has it from 20.12 on. */
function inflater(archive: Source, entry: ZipEntry): DecompressionStream {
  try {
    return new DecompressionStream("deflate-raw");
  } catch (error) {
    throw malformed("unsupported-compression", archive.name, "deflated, and this host cannot inflate zip members", {
      tensor: entry.name,
      cause: error,
    });
  }
}

/** CRC-32 of ISO 3309, reflected, a byte at a time. */
const table = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(checksum: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) checksum = (checksum >>> 8) ^ table[(checksum ^ bytes[i]) & 255];
  return checksum;
}
