import { KeptBytes } from "../bytes/kept.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { type ByteReader, leastMemory, readsAgain } from "../matrix/rows.js";
import { type MatrixOptions, scheduleOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { readingOrder } from "../parallel/division.js";

/** The stored bytes of a matrix from the checkpoint itself. */
export const checkpointReader = (
  checkpoint: RawCheckpoint,
  { tensor, byteStart }: StoredMatrix,
  signal: AbortSignal | undefined,
): ByteReader => ({
  read: (start, end, into) => checkpoint.readBytes(tensor, byteStart + start, byteStart + end, signal, into),
});

/** What fetching ahead and keeping depend on. */
export interface ReadingOptions {
  matrix: MatrixOptions;
  threads: number;
  alongside: boolean;
  /** Bytes, over all threads. */
  memory: number;
  signal?: AbortSignal | undefined;
}

/**
 * The stored bytes of a checkpoint's matrices. From a source that answers slowly each byte comes once: half of the
 * memory is for what is fetched ahead, and a matrix that its thread cannot hold between passes is kept in scratch room.
 */
export class MatrixBytes {
  /** Bytes of weights that each thread may hold. */
  readonly memory: number;
  private readonly slow: boolean;
  private readonly kept = new Map<number, KeptBytes>();
  private readonly closing: Promise<void>[] = [];

  constructor(
    private readonly checkpoint: RawCheckpoint,
    private readonly matrices: readonly StoredMatrix[],
    private readonly options: ReadingOptions,
  ) {
    const { matrix, memory, threads } = options;
    const parts = readingOrder(matrices, matrix, options).map(({ index, first, last }) => {
      const { tensor, byteStart, byteLength, rows } = matrices[index];
      const place = (row: number): number => byteStart + (byteLength / rows) * row;
      return { tensor, start: place(first), end: place(last) };
    });
    this.slow = checkpoint.expect(parts, memory / 2);
    const least = matrices.reduce((most, one) => Math.max(most, leastMemory(one)), 0);
    this.memory = Math.floor(
      this.slow ? Math.max(memory / 2, Math.min(memory, least * threads)) / threads : memory / threads,
    );
  }

  /** Bytes [start, end) of a matrix. */
  async read(index: number, start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
    const kept = this.slow && (this.kept.get(index) ?? this.keep(index));
    return kept ? kept.read(start, end, into) : this.fetch(index, start, end, into);
  }

  /** Frees what is kept of a matrix, whose figures are there. */
  finish(index: number): void {
    const closing = this.kept.get(index)?.close();
    this.kept.delete(index);
    if (closing) this.closing.push(closing.catch(() => undefined));
  }

  async close(): Promise<void> {
    for (const index of [...this.kept.keys()]) this.finish(index);
    await Promise.all(this.closing);
  }

  private fetch(index: number, start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
    return checkpointReader(this.checkpoint, this.matrices[index], this.options.signal).read(start, end, into);
  }

  /** Null where its thread reads every byte of it once. */
  private keep(index: number): KeptBytes | null {
    const matrix = this.matrices[index];
    const { memory, passes } = scheduleOf(matrix, this.options.matrix, this.memory);
    if (!readsAgain(matrix, memory, passes)) return null;
    const kept = new KeptBytes(
      (start, end, into) => this.fetch(index, start, end, into),
      matrix.byteLength,
      matrix.transposed,
    );
    this.kept.set(index, kept);
    return kept;
  }
}
