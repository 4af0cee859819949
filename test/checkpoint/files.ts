import { inflateRawSync } from "node:zlib";

/** Files built by hand, byte by byte. */
export interface BuiltTensor {
  name: string;
  dtype: string;
  shape: number[];
  bytes: ArrayBufferView;
}

type Bytes = Uint8Array<ArrayBuffer>;

const raw = (view: ArrayBufferView): Bytes =>
  new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);

export function safetensors(tensors: BuiltTensor[], metadata?: Record<string, string>): Bytes {
  let offset = 0;
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.byteLength] };
    offset += bytes.byteLength;
  }
  return safetensorsOf(JSON.stringify(header), concatenate(tensors.map((tensor) => raw(tensor.bytes))));
}

/** Any header before any data. */
export function safetensorsOf(header: string, bytes: Bytes = new Uint8Array(0)): Bytes {
  const text = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return concatenate([length, text, bytes]);
}

export function concatenate(parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export interface BuiltGgufTensor {
  name: string;
  type: number;
  dimensions: number[];
  bytes: ArrayBufferView;
}

/** A GGUF file; `type` numbers are the format's own, dimensions innermost first as it stores them. */
export function gguf(
  pairs: [key: string, type: number, value: unknown][],
  tensors: BuiltGgufTensor[],
  version = 3,
): Bytes {
  const alignment = Number(pairs.find(([key]) => key === "general.alignment")?.[2] ?? 32);
  const aligned = (length: number) => Math.ceil(length / alignment) * alignment;
  const parts: Bytes[] = [
    new TextEncoder().encode("GGUF"),
    number(4, version),
    number(10, BigInt(tensors.length)),
    number(10, BigInt(pairs.length)),
  ];
  for (const [key, type, value] of pairs)
    parts.push(string(key), number(4, type), type === 8 ? string(value as string) : number(type, value as number));
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(
      string(tensor.name),
      number(4, tensor.dimensions.length),
      ...tensor.dimensions.map((length) => number(10, BigInt(length))),
      number(4, tensor.type),
      number(10, BigInt(offset)),
    );
    offset += aligned(tensor.bytes.byteLength);
  }
  const header = concatenate(parts);
  const body = tensors.flatMap(({ bytes }) => [
    raw(bytes),
    new Uint8Array(aligned(bytes.byteLength) - bytes.byteLength),
  ]);
  return concatenate([header, new Uint8Array(aligned(header.length) - header.length), ...body]);
}

const string = (text: string): Bytes => {
  const bytes = new TextEncoder().encode(text);
  return concatenate([number(10, BigInt(bytes.length)), bytes]);
};

/** A scalar of one of GGUF's metadata types. */
function number(type: number, value: number | bigint | boolean): Bytes {
  const view = new DataView(new ArrayBuffer(8));
  const [size, write] = (
    {
      0: [1, () => view.setUint8(0, Number(value))],
      1: [1, () => view.setInt8(0, Number(value))],
      2: [2, () => view.setUint16(0, Number(value), true)],
      3: [2, () => view.setInt16(0, Number(value), true)],
      4: [4, () => view.setUint32(0, Number(value), true)],
      5: [4, () => view.setInt32(0, Number(value), true)],
      6: [4, () => view.setFloat32(0, Number(value), true)],
      7: [1, () => view.setUint8(0, value ? 1 : 0)],
      10: [8, () => view.setBigUint64(0, BigInt(value), true)],
      11: [8, () => view.setBigInt64(0, BigInt(value), true)],
      12: [8, () => view.setFloat64(0, Number(value), true)],
    } as Record<number, [number, () => void]>
  )[type];
  write();
  return new Uint8Array(view.buffer, 0, size);
}

/** A .npy file of any header text, padded as NumPy pads it. */
export function npy(header: string, bytes: Bytes, version = 1): Bytes {
  const text = `${header}${" ".repeat(63 - ((10 + header.length) % 64))}\n`;
  return concatenate([
    Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, text.length & 255, text.length >> 8]),
    new TextEncoder().encode(text),
    bytes,
  ]);
}

export interface BuiltMember {
  name: string;
  bytes: Uint8Array;
  method?: number;
  flags?: number;
  size?: number;
  crc?: number;
  offset?: number;
}

/** A zip archive whose directory says what the members say, true or not. */
export function zip(members: BuiltMember[], { zip64 = false, comment = "" } = {}): Bytes {
  const parts: Bytes[] = [];
  const directory: Bytes[] = [];
  let offset = 0;
  const push = (bytes: Bytes) => {
    parts.push(bytes);
    offset += bytes.length;
  };
  for (const { name, bytes, method = 0, flags = 0, size = bytes.length, crc, offset: claimed } of members) {
    const text = new TextEncoder().encode(name);
    const sum = crc ?? crc32(method === 8 ? inflateRawSync(bytes) : bytes);
    const start = claimed ?? offset;
    const extra = zip64 ? fields([2, 1], [2, 24], [8, size], [8, bytes.length], [8, start]) : new Uint8Array(0);
    const sizes = (value: number) => (zip64 ? 0xffffffff : value);
    push(
      concatenate([
        fields(
          [4, 0x04034b50],
          [2, 20],
          [2, flags],
          [2, method],
          [4, 0],
          [4, sum],
          [4, bytes.length],
          [4, size],
          [2, text.length],
          [2, 0],
        ),
        text,
        raw(bytes),
      ]),
    );
    directory.push(
      concatenate([
        fields(
          [4, 0x02014b50],
          [2, 20],
          [2, 20],
          [2, flags],
          [2, method],
          [4, 0],
          [4, sum],
          [4, sizes(bytes.length)],
          [4, sizes(size)],
          [2, text.length],
          [2, extra.length],
          [2, 0],
          [2, 0],
          [2, 0],
          [4, 0],
          [4, sizes(start)],
        ),
        text,
        extra,
      ]),
    );
  }
  const listed = concatenate(directory);
  const at = offset;
  push(listed);
  if (zip64) {
    const record = offset;
    push(
      fields(
        [4, 0x06064b50],
        [8, 44],
        [2, 45],
        [2, 45],
        [4, 0],
        [4, 0],
        [8, members.length],
        [8, members.length],
        [8, listed.length],
        [8, at],
      ),
    );
    push(fields([4, 0x07064b50], [4, 0], [8, record], [4, 1]));
  }
  const count = zip64 ? 0xffff : members.length;
  push(
    concatenate([
      fields(
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, count],
        [2, count],
        [4, zip64 ? 0xffffffff : listed.length],
        [4, zip64 ? 0xffffffff : at],
        [2, comment.length],
      ),
      new TextEncoder().encode(comment),
    ]),
  );
  return concatenate(parts);
}

/** Little-endian integers of 2, 4 or 8 bytes. */
function fields(...values: [size: number, value: number][]): Bytes {
  const view = new DataView(new ArrayBuffer(values.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of values) {
    if (size === 2) view.setUint16(at, value, true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}
