import type { Source } from "../host/contract.js";
import type { TensorBytes } from "./checkpoint.js";

/** Part of a source, as it lies there: one object, since a checkpoint may have 100,000. */
class Slice implements TensorBytes {
  constructor(
    readonly source: Source,
    readonly start: number,
    readonly end: number,
  ) {}

  get place(): TensorBytes["place"] {
    return this;
  }
  get path(): string | undefined {
    return this.source.path;
  }

  read(start: number, end: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array> {
    return this.source.read(this.start + start, this.start + end, signal, this.end, into);
  }
}

/** Part of a source, as it lies there. */
export const slice = (source: Source, offset: number, byteLength: number): TensorBytes =>
  new Slice(source, offset, offset + byteLength);

/** Big-endian elements of `size` bytes turned round. */
export function swapped(bytes: TensorBytes, size: number): TensorBytes {
  return {
    place: bytes.place,
    async read(start, end, signal) {
      const first = Math.floor(start / size) * size;
      const last = Math.ceil(end / size) * size;
      const result = (await bytes.read(first, last, signal)).slice();
      for (let i = 0; i < result.length; i += size) result.subarray(i, i + size).reverse();
      return result.subarray(start - first, end - first);
    },
  };
}

/** Bytes of whole columns read at once while gathering rows; and how many a read by itself is worth. */
const WINDOW = 4 << 20;
const OWN_READ = 1 << 16;

/**
 * Column-major storage, first index fastest, read as rows. Rows [a, b) are a piece of every stored column: pieces are
 * read one by one, unless what lies between them is less than a read is worth; then columns are read whole, a window at
 * a time. So no more is held than the rows themselves and a window.
 */
export function fortranOrder(bytes: TensorBytes, shape: readonly number[], size: number): TensorBytes {
  if (shape.length < 2 || shape.includes(0)) return bytes;
  const [rows, ...rest] = shape;
  const columns = rest.reduce((product, length) => product * length, 1);
  const rowBytes = columns * size;

  async function gather(first: number, last: number, signal?: AbortSignal): Promise<Uint8Array> {
    const count = last - first;
    const result = new Uint8Array(count * rowBytes);
    const whole = (rows - count) * size < OWN_READ && rows * size <= WINDOW;
    const together = whole ? Math.max(1, Math.floor(WINDOW / (rows * size))) : 1;
    for (let column = 0; column < columns; column += together) {
      const many = Math.min(together, columns - column);
      const from = whole ? column * rows : column * rows + first;
      signal?.throwIfAborted();
      const stored = await bytes.read(from * size, (whole ? from + many * rows : from + count) * size, signal);
      for (let k = 0; k < many; k++) {
        const target = placeOf(column + k, rest) * size;
        const source = (whole ? k * rows + first : 0) * size;
        for (let row = 0; row < count; row++) {
          for (let byte = 0; byte < size; byte++)
            result[row * rowBytes + target + byte] = stored[source + row * size + byte];
        }
      }
    }
    return result;
  }

  return {
    place: bytes.place,
    async read(start, end, signal) {
      if (start === end) return new Uint8Array(0);
      const first = Math.floor(start / rowBytes);
      const rowsOnly = await gather(first, Math.ceil(end / rowBytes), signal);
      return rowsOnly.subarray(start - first * rowBytes, end - first * rowBytes);
    },
  };
}

/** Where the stored column `index`, counted with the first of `lengths` fastest, stands in row-major order. */
function placeOf(index: number, lengths: readonly number[]): number {
  if (lengths.length === 1) return index;
  const digits = lengths.map((length) => {
    const digit = index % length;
    index = (index - digit) / length;
    return digit;
  });
  return digits.reduce((place, digit, i) => place * lengths[i] + digit, 0);
}
