/** Asks the caller for more of the file: the header does not end within the bytes given. */
export class NeedMore extends Error {
  constructor(readonly bytes: number) {
    super("more of the header is needed");
  }
}

/** Lets events through now and then: see host/pauses.ts. */
export type Pause = () => Promise<void> | null;

/** What is wrong and where, before the file's name is put to it. */
export class GgufError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly offset: number,
    readonly tensor?: string,
  ) {
    super(message);
  }
}

/** Made by the first string: not every host that imports this has one (Jest's jsdom). */
let decoder: TextDecoder | undefined;
const textOf = (bytes: Uint8Array): string => (decoder ??= new TextDecoder()).decode(bytes);

/** Of all arrays together; the largest vocabularies in use, tokens and merges, have a million. */
const MAXIMUM_ITEMS = 4_000_000;

/**
 * Reads little-endian values off the front of a file of which `bytes` is the beginning. A claimed length is
 * held against the file before it is held against the bytes, so a lie is an error and not an allocation.
 */
export class Cursor {
  position = 0;
  private items = 0;
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly fileSize: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws unless `count` items of at least `size` bytes can follow in the file. */
  expect(count: number, size: number, what: string): void {
    if (count * size > this.fileSize - this.position)
      throw new GgufError(
        "truncated",
        `${what} of ${count} cannot fit in the ${this.fileSize - this.position} bytes that are left`,
        this.position,
      );
  }

  /** Counts values of arrays that are values of their own here, each dearer than its bytes. */
  count(items: number): void {
    this.items += items;
    if (this.items > MAXIMUM_ITEMS)
      throw new GgufError(
        "header-too-large",
        `the metadata hold more than ${MAXIMUM_ITEMS} strings, 64-bit integers and arrays in arrays`,
        this.position,
      );
  }

  private advance(size: number): number {
    const start = this.position;
    const end = start + size;
    if (end > this.fileSize)
      throw new GgufError("truncated", `the file ends within its header, ${size} bytes are expected`, start);
    if (end > this.bytes.length) throw new NeedMore(end);
    this.position = end;
    return start;
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }
  i8(): number {
    return this.view.getInt8(this.advance(1));
  }
  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }
  i16(): number {
    return this.view.getInt16(this.advance(2), true);
  }
  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }
  i32(): number {
    return this.view.getInt32(this.advance(4), true);
  }
  f32(): number {
    return this.view.getFloat32(this.advance(4), true);
  }
  f64(): number {
    return this.view.getFloat64(this.advance(8), true);
  }
  u64(): bigint {
    return this.view.getBigUint64(this.advance(8), true);
  }
  i64(): bigint {
    return this.view.getBigInt64(this.advance(8), true);
  }

  /** A count or length: 64 bits in the file, and an error where it is above 2^53. */
  length(what: string): number {
    const start = this.position;
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new GgufError("truncated", `${what} of ${value} cannot fit in a file`, start);
    return Number(value);
  }

  string(): string {
    const length = this.length("a string");
    this.expect(length, 1, "a string");
    const start = this.advance(length);
    return textOf(this.bytes.subarray(start, start + length));
  }

  /** `count` numbers in one copy. */
  numbers<T>(count: number, size: number, make: (buffer: ArrayBuffer) => T): T {
    this.expect(count, size, "an array");
    const start = this.advance(count * size);
    return make(this.bytes.slice(start, start + count * size).buffer as ArrayBuffer);
  }
}

/** Arrays within arrays: the format allows them, nobody writes them. */
const MAXIMUM_DEPTH = 4;
/** What an array in an array takes, in strings. */
const COST_OF_ARRAY = 8;
const U32 = 4;
const STRING = 8;
const ARRAY = 9;

/** A 64-bit integer as a number where that is exact, as decimal digits where it is not: JSON has no other way. */
const exact = (value: bigint): number | string =>
  value >= -0x1fffffffffffffn && value <= 0x1fffffffffffffn ? Number(value) : String(value);

const scalars: Record<number, (cursor: Cursor) => unknown> = {
  0: (cursor) => cursor.u8(),
  1: (cursor) => cursor.i8(),
  2: (cursor) => cursor.u16(),
  3: (cursor) => cursor.i16(),
  4: (cursor) => cursor.u32(),
  5: (cursor) => cursor.i32(),
  6: (cursor) => cursor.f32(),
  7: (cursor) => cursor.u8() !== 0,
  8: (cursor) => cursor.string(),
  10: (cursor) => exact(cursor.u64()),
  11: (cursor) => exact(cursor.i64()),
  12: (cursor) => cursor.f64(),
};

// Typed arrays: a hostile header's millions of bytes stay millions of bytes. Little-endian hosts only, as WebAssembly's
// are.
const arrays: Record<number, [size: number, make: (buffer: ArrayBuffer) => ArrayBufferView]> = {
  0: [1, (buffer) => new Uint8Array(buffer)],
  1: [1, (buffer) => new Int8Array(buffer)],
  2: [2, (buffer) => new Uint16Array(buffer)],
  3: [2, (buffer) => new Int16Array(buffer)],
  4: [4, (buffer) => new Uint32Array(buffer)],
  5: [4, (buffer) => new Int32Array(buffer)],
  6: [4, (buffer) => new Float32Array(buffer)],
  7: [1, (buffer) => new Uint8Array(buffer)],
  12: [8, (buffer) => new Float64Array(buffer)],
};
const smallest: Record<number, number> = { [STRING]: 8, [ARRAY]: 12, 10: 8, 11: 8 };

/**
 * The value of a key and its type's number. Arrays of numbers come as typed arrays (booleans as bytes), of strings
 * and of 64-bit integers as plain ones.
 */
export async function readValue(cursor: Cursor, pause: Pause): Promise<{ type: number; value: unknown }> {
  const type = cursor.u32();
  return { type, value: await ofType(cursor, type, 0, pause) };
}

/** Whether a value's type in the file (GGUF's number 4) is an unsigned integer of 32 bits. */
export const isU32 = (type: number): boolean => type === U32;

async function ofType(cursor: Cursor, type: number, depth: number, pause: Pause): Promise<unknown> {
  const start = cursor.position - 4;
  if (type !== ARRAY) {
    const read = scalars[type];
    if (!read) throw new GgufError("invalid-header", `unknown metadata type ${type}`, start);
    return read(cursor);
  }
  if (depth === MAXIMUM_DEPTH) throw new GgufError("invalid-header", "arrays nested too deeply", start);
  const element = cursor.u32();
  if (!(element in scalars) && element !== ARRAY)
    throw new GgufError("invalid-header", `unknown metadata type ${element} in an array`, cursor.position - 4);
  const count = cursor.length("an array");
  const packed = arrays[element];
  if (packed) return cursor.numbers(count, ...packed);
  cursor.expect(count, smallest[element], "an array");
  cursor.count(element === ARRAY ? COST_OF_ARRAY * count : count);
  const items: unknown[] = [];
  for (let i = 0; i < count; i++) {
    items.push(element === ARRAY ? await ofType(cursor, element, depth + 1, pause) : scalars[element](cursor));
    const pausing = pause();
    if (pausing) await pausing;
  }
  return items;
}
