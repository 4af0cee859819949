/** Files built by hand, byte by byte. */
export interface BuiltTensor { name: string; dtype: string; shape: number[]; bytes: ArrayBufferView; }

type Bytes = Uint8Array<ArrayBuffer>;

const raw = (view: ArrayBufferView): Bytes => new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);

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
