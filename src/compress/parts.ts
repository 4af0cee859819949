import { blocksOfRow } from "../checkpoint/blocks.js";
import type { WrittenTensor } from "../checkpoint/formats/safetensors-writer.js";
import { type Codec, encodeRows, encodeScales, isBlocked, rowLength, scalesLength } from "./codec.js";
import type { Spool, Spooled } from "./spool.js";

/** A tensor of the compressed file and its bytes, cut anywhere. */
export interface OutputTensor extends WrittenTensor {
  pieces(): AsyncIterable<Uint8Array>;
}

/** The numbers that stand for a matrix, put aside in f32. */
export type SpooledNumbers =
  | { method: "singular"; left: Spooled; right: Spooled }
  | { method: "gaussian"; amplitudes: Spooled; order: Int32Array | null };

/** A matrix that is replaced, once it is known how much of it is kept. */
export interface Replacement {
  /** As the compressed file's tensors begin. */
  name: string;
  rows: number;
  columns: number;
  codec: Codec;
  /** Directions kept, not more than were put aside; or Gaussians a row. */
  kept: number;
  numbers: SpooledNumbers;
}

/** Numbers encoded at once. */
const PIECE = 1 << 18;

/** The tensors that stand for a matrix (docs/method.md §9). */
export function replacementTensors(spool: Spool, replacement: Replacement): OutputTensor[] {
  const { name, rows, columns, codec, kept, numbers } = replacement;
  if (numbers.method === "gaussian") {
    const { amplitudes, order } = numbers;
    const values = arrayTensors(
      { name: `${name}.amplitudes`, codec, rows, columns: kept },
      rowsOf(spool, amplitudes, kept),
    );
    return order === null ? values : [...values, orderTensor(name, order)];
  }
  const { left, right } = numbers;
  const along = arrayTensors({ name: `${name}.right`, codec, rows: kept, columns }, rowsOf(spool, right, columns));
  if (isBlocked(codec)) {
    return [
      ...arrayTensors({ name: `${name}.left`, codec, rows: kept, columns: rows }, rowsOf(spool, left, rows)),
      ...along,
    ];
  }
  const across = arrayTensors({ name: `${name}.left`, codec, rows, columns: kept }, columnsOf(spool, left, rows, kept));
  return [...across, ...along];
}

/** Numbers stored in place of the matrix. */
export function storedNumbers({ rows, columns, kept, numbers }: Replacement): number {
  return numbers.method === "gaussian" ? rows * kept : kept * (rows + columns);
}

/** Rows [first, last) of an array, f32. */
type Rows = (first: number, last: number) => Promise<Float32Array>;

const rowsOf =
  (spool: Spool, values: Spooled, columns: number): Rows =>
  (first, last) =>
    spool.read(values, first * columns, last * columns);

/** Directions as columns: they are put aside as rows, of which the first `kept` are taken. */
function columnsOf(spool: Spool, values: Spooled, rows: number, kept: number): Rows {
  let whole: Promise<Float32Array> | null = null;
  return async (first, last) => {
    whole ??= spool.read(values, 0, kept * rows);
    const directions = await whole;
    const turned = new Float32Array((last - first) * kept);
    for (let k = 0; k < kept; k++) {
      for (let i = first; i < last; i++) turned[(i - first) * kept + k] = directions[k * rows + i];
    }
    return turned;
  };
}

interface ArrayShape {
  name: string;
  codec: Codec;
  rows: number;
  columns: number;
}

/** An array in its type, with the scales of its blocks where it has them. */
function arrayTensors({ name, codec, rows, columns }: ArrayShape, read: Rows): OutputTensor[] {
  const pieces = (encode: (values: Float32Array) => Uint8Array) =>
    async function* (): AsyncGenerator<Uint8Array, void, void> {
      const each = Math.max(1, Math.floor(PIECE / Math.max(1, columns)));
      for (let first = 0; first < rows; first += each) yield encode(await read(first, Math.min(rows, first + each)));
    };
  const stored = rowLength(codec, columns);
  const array: OutputTensor = {
    name,
    dtype: codec.dtype,
    shape: [rows, codec.bits === 4 ? stored : columns],
    byteLength: rows * stored,
    pieces: pieces((values) => encodeRows(codec, values, columns)),
  };
  if (!isBlocked(codec)) return [array];
  const scales: OutputTensor = {
    name: `${name}.scales`,
    dtype: "F16",
    shape: [rows, blocksOfRow(columns)],
    byteLength: rows * scalesLength(columns),
    pieces: pieces((values) => encodeScales(codec, values, columns)),
  };
  return [array, scales];
}

function orderTensor(name: string, order: Int32Array): OutputTensor {
  return {
    name: `${name}.order`,
    dtype: "I32",
    shape: [order.length],
    byteLength: order.byteLength,
    async *pieces() {
      yield new Uint8Array(order.buffer, order.byteOffset, order.byteLength);
    },
  };
}
