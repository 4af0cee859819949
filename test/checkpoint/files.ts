/** Files built by hand, byte by byte. */
export interface BuiltTensor {
  name: string;
  dtype: string;
  shape: number[];
  bytes: ArrayBufferView;
}

type Bytes = Uint8Array<ArrayBuffer>;

export const raw = (view: ArrayBufferView): Bytes =>
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
