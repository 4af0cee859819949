import { YIELD_EVERY_MS, yieldToEvents } from "#host";
import type { Slices } from "../base/chunks.js";
import { decodeElements } from "../checkpoint/decode.js";
import { SLACK_BYTES, strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import type { StoredMatrix } from "./stored.js";

/** The bytes of a matrix as stored. */
export interface ByteReader {
  /** Bytes [start, end); `into` is memory that may be filled and returned in place of new memory. */
  read(start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
  /** Fills `target` with the bytes from `start` at once, where they lie in a file that this thread may wait for. */
  fill?(start: number, target: Uint8Array): void;
}

/** The bytes from `offset` on. */
export const shifted = ({ read, fill }: ByteReader, offset: number): ByteReader => ({
  read: (start, end, into) => read(offset + start, offset + end, into),
  ...(fill && { fill: (start: number, target: Uint8Array) => fill(offset + start, target) }),
});

/** Called with consecutive blocks of rows, f32 at `pointer`. What takes long is given as slices. */
export type VisitRows =
  | ((pointer: number, first: number, count: number) => Slices)
  | ((pointer: number, first: number, count: number) => void);

/**
 * Stored bytes a read asks for, and decoded bytes a block holds, where memory lets them: a block stays in the second
 * cache.
 */
const READ_BYTES = 1 << 20;
const BLOCK_BYTES = 1 << 20;
/** Memory beside which a read is small. */
const PLENTY = 8 * READ_BYTES;

/** Bytes one row costs while it passes: as read, as copied, as decoded; a transposed one is decoded twice. */
function costOfRow({ columns, rowBytes, transposed, type }: StoredMatrix): number {
  if (transposed)
    return Math.ceil((columns * type.bytesPerBlock * 2) / type.elementsPerBlock) + columns * 4 + strideOf(columns) * 4;
  return rowBytes * 2 + strideOf(columns) * 4;
}

/** The least `memory` with which a matrix can pass: one row, or one block of a transposed quantised one. */
export function leastMemory(plan: StoredMatrix): number {
  return costOfRow(plan) * (plan.transposed ? plan.type.elementsPerBlock : 1);
}

/** How a matrix passes through `memory` bytes. */
interface StreamLayout {
  /** Rows decoded at once. */
  blockRows: number;
  /** Rows read at once. */
  readRows: number;
  /** Rows whose stored bytes stay between passes, from the first on: all, or whole reads of them. */
  keptRows: number;
}

function layoutOf(plan: StoredMatrix, memory: number, passes: number): StreamLayout {
  const { rows, columns, rowBytes, transposed, type } = plan;
  const decodedBytes = strideOf(columns) * 4;
  const unit = transposed ? type.elementsPerBlock : 8;
  /** As many rows as `bytes` hold at `each`: whole units of them where there are more. */
  const fitting = (bytes: number, each: number): number => {
    const count = Math.max(1, Math.floor(bytes / each));
    return Math.min(rows, count < unit ? (transposed ? unit : count) : count - (count % unit));
  };
  if (transposed) {
    const blockRows = fitting(memory, costOfRow(plan));
    return { blockRows, readRows: blockRows, keptRows: 0 };
  }
  const blockRows = fitting(Math.min(BLOCK_BYTES, memory / 4), decodedBytes);
  const left = memory - blockRows * decodedBytes;
  const spare = left - rows * rowBytes;
  if (passes > 1 && spare >= Math.min(rows * rowBytes, READ_BYTES / 4))
    return { blockRows, readRows: fitting(Math.min(READ_BYTES, spare), rowBytes), keptRows: rows };
  const readRows = fitting(Math.min(READ_BYTES, left / 2), rowBytes);
  const room = Math.floor(left / rowBytes) - 2 * readRows;
  return { blockRows, readRows, keptRows: passes > 1 && left >= PLENTY ? room - (room % readRows) : 0 };
}

/**
 * Bytes of the first read of a pass, where it can be made before the pass: neither of a transposed matrix nor where
 * memory is short.
 */
export function firstRead(plan: StoredMatrix, memory: number, passes: number): number {
  return plan.transposed || memory < PLENTY ? 0 : layoutOf(plan, memory, passes).readRows * plan.rowBytes;
}

/** Whether a stream over these rows reads some of their bytes more than once, or not in order. */
export function readsAgain(plan: StoredMatrix, memory: number, passes: number): boolean {
  const { readRows, keptRows } = layoutOf(plan, memory, passes);
  return plan.transposed ? readRows < plan.rows || passes > 1 : passes > 1 && keptRows < plan.rows;
}

/** What the rows of a matrix may take. */
export interface RowStreamOptions {
  /** Bytes for stored and decoded rows together. */
  memory: number;
  /** How often they will pass, as far as is known: with one, nothing is kept. */
  passes: number;
  signal?: AbortSignal | undefined;
}

/**
 * Passes over the rows of one matrix within `memory` bytes. Stored bytes are kept between passes, as many as fit.
 * All its buffers lie in the machine's arena from construction on; the caller releases them.
 */
export class RowStream {
  private readonly blockRows: number;
  private readonly readRows: number;
  private readonly raw: number;
  private readonly block: number;
  private readonly panel: number = 0;
  private readonly keptRows: number;
  private kept = false;
  private lastBreath = performance.now();
  private readonly signal: AbortSignal | undefined;

  constructor(
    private readonly machine: Machine,
    private readonly plan: StoredMatrix,
    private readonly bytes: ByteReader,
    { memory, passes, signal }: RowStreamOptions,
  ) {
    this.signal = signal;
    const { rows, columns, rowBytes, transposed } = plan;
    ({ blockRows: this.blockRows, readRows: this.readRows, keptRows: this.keptRows } = layoutOf(plan, memory, passes));
    if (transposed) {
      this.raw = machine.allocate(this.readRows * columns * 8 + SLACK_BYTES);
      this.panel = machine.allocate(this.readRows * columns * 4 + SLACK_BYTES);
    } else
      this.raw = machine.allocate(
        (this.keptRows < rows ? this.keptRows + this.readRows : rows) * rowBytes + SLACK_BYTES,
      );
    this.block = machine.allocate(this.blockRows * strideOf(columns) * 4);
  }

  /** Every row once, in order, times `scale`, a power of two. `stride` is the columns, or they rounded up to 4. */
  async pass(stride: number, scale: number, visit: VisitRows): Promise<void> {
    if (this.plan.transposed) return this.passTransposed(stride, scale, visit);
    const { rows, rowBytes } = this.plan;
    const { fill } = this.bytes;
    const unread = this.kept ? this.keptRows : 0;
    let next = fill || unread >= rows ? null : this.fetch(unread);
    for (let first = 0; first < rows; first += this.readRows) {
      // Rows that are kept have places of their own; the others pass through the one behind.
      const count = Math.min(this.readRows, rows - first);
      const at = this.raw + Math.min(first, this.keptRows) * rowBytes;
      if (first >= unread && fill) fill(first * rowBytes, this.machine.bytes(at, count * rowBytes));
      if (first >= unread && next) {
        const bytes = await next;
        this.machine.bytes(at, bytes.length).set(bytes);
        next = first + count < rows ? this.fetch(first + count, bytes) : null;
      }
      for (let done = 0; done < count; done += this.blockRows) {
        const block = Math.min(this.blockRows, count - done);
        await this.decode(at + done * rowBytes, block, stride, scale);
        await this.visited(visit, first + done, block);
      }
    }
    this.kept = this.keptRows > 0;
  }

  private async visited(visit: VisitRows, first: number, count: number): Promise<void> {
    const slices = visit(this.block, first, count);
    if (slices)
      for (const _ of slices) {
        if (performance.now() - this.lastBreath > YIELD_EVERY_MS) await this.breathe();
        this.signal?.throwIfAborted();
      }
    await this.breathe();
  }

  /** Lets events through now and then, an abort among them: a pass over kept bytes awaits nothing else. */
  async breathe(): Promise<void> {
    const now = performance.now();
    if (now - this.lastBreath > YIELD_EVERY_MS) {
      await yieldToEvents();
      this.lastBreath = performance.now();
    }
    this.signal?.throwIfAborted();
  }

  /** Memory is passed on from read to read: what is left to the garbage collector it finds late. */
  private fetch(first: number, into?: Uint8Array): Promise<Uint8Array> {
    const { rows, rowBytes } = this.plan;
    const bytes = this.bytes.read(first * rowBytes, Math.min(rows, first + this.readRows) * rowBytes, into);
    // it is awaited only after the block before it; a failure must not count as unhandled until then
    bytes.catch(() => {});
    return bytes;
  }

  private async decode(source: number, rows: number, stride: number, scale: number): Promise<void> {
    const {
      machine,
      plan: { type, columns, rowBytes },
    } = this;
    if (type.kernel === "decode") {
      machine.exports.decodeRows(type.code, source, rowBytes, rows, columns, this.block, stride, scale);
      return;
    }
    const values = await decodeElements(type, machine.bytes(source, rows * rowBytes).slice(), rows * columns);
    const target = machine.float32(this.block, rows * stride);
    if (stride !== columns) target.fill(0);
    for (let i = 0; i < rows; i++) target.set(values.subarray(i * columns, (i + 1) * columns), i * stride);
    if (scale !== 1) machine.exports.scaleValues(rows * stride, this.block, scale);
  }

  /** Panels of stored columns: the whole in one read where memory lets it, else a short read for each stored row. */
  private async passTransposed(stride: number, scale: number, visit: VisitRows): Promise<void> {
    const {
      machine,
      plan: { rows, columns, rowBytes, type },
    } = this;
    for (let first = 0; first < rows; first += this.readRows) {
      const count = Math.min(this.readRows, rows - first);
      const bytes = await this.readPanel(first, count, rowBytes);
      if (type.kernel === "decode") {
        machine.bytes(this.raw, bytes.length).set(bytes);
        machine.exports.decode(type.code, this.raw, columns * count, this.panel, scale);
      } else {
        machine.float32(this.panel, columns * count).set(await decodeElements(type, bytes, columns * count));
        if (scale !== 1) machine.exports.scaleValues(columns * count, this.panel, scale);
      }
      machine.exports.transpose(this.panel, columns, count, this.block, stride);
      await this.visited(visit, first, count);
    }
  }

  private async readPanel(first: number, count: number, rowBytes: number): Promise<Uint8Array> {
    const { rows, columns, type } = this.plan;
    if (count === rows) return this.bytes.read(0, columns * rowBytes);
    const offset = (first / type.elementsPerBlock) * type.bytesPerBlock;
    const length = (count / type.elementsPerBlock) * type.bytesPerBlock;
    const panel = new Uint8Array(columns * length);
    const AT_ONCE = 64;
    for (let row = 0; row < columns; row += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, columns - row) }, (_, i) =>
        this.bytes.read((row + i) * rowBytes + offset, (row + i) * rowBytes + offset + length),
      );
      (await Promise.all(batch)).forEach((bytes, i) => panel.set(bytes, (row + i) * length));
    }
    return panel;
  }
}
