/** A tensor to be written. */
export interface WrittenTensor {
  name: string;
  /** As safetensors calls it: "BF16". */
  dtype: string;
  shape: readonly number[];
  byteLength: number;
}

/** The reference reader's limit. */
const MAXIMUM_HEADER = 100_000_000;

/**
 * The head of a safetensors file: eight bytes of length, then JSON with the tensors in the order of their bytes, spaces
 * to a multiple of eight. `metadata` keeps the order of its keys.
 * @throws RangeError where two tensors have one name, one is called as the metadata is, or the header is longer than
 *   readers take.
 */
export function safetensorsHeader(
  tensors: readonly WrittenTensor[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = metadata === undefined ? [] : [["__metadata__", metadata]];
  const names = new Set(["__metadata__"]);
  let offset = 0;
  for (const { name, dtype, shape, byteLength } of tensors) {
    if (names.has(name)) throw new RangeError(`two tensors of one file cannot both be called ${JSON.stringify(name)}`);
    names.add(name);
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + byteLength] }]);
    offset += byteLength;
  }
  // Not JSON.stringify of an object: it puts names that are whole numbers first.
  const text = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const encoded = new TextEncoder().encode(text);
  const length = Math.ceil(encoded.length / 8) * 8;
  if (length > MAXIMUM_HEADER) throw new RangeError(`the header would take ${length} bytes, more than readers take`);
  const header = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(encoded, 8);
  return header;
}

/** Bytes of the whole file. */
export function safetensorsLength(header: Uint8Array, tensors: readonly WrittenTensor[]): number {
  return tensors.reduce((sum, { byteLength }) => sum + byteLength, header.length);
}

/**
 * The whole file as a stream: the header, then what `parts` gives, which are the tensors' bytes in order, cut anywhere.
 * Nothing is asked for before it is read. Errors where the parts are more or fewer bytes than the tensors have;
 * cancelling ends `parts`.
 */
export function safetensorsFile(
  tensors: readonly WrittenTensor[],
  parts: AsyncIterable<Uint8Array>,
  metadata?: Readonly<Record<string, string>>,
): ReadableStream<Uint8Array> {
  const header = safetensorsHeader(tensors, metadata);
  const whole = safetensorsLength(header, tensors);
  const iterator = parts[Symbol.asyncIterator]();
  let written = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (written === 0) {
          written = header.length;
          controller.enqueue(header);
          return;
        }
        const { done, value } = await iterator.next();
        if (done) {
          if (written !== whole) throw new Error(`a safetensors file of ${whole} bytes ended after ${written}`);
          controller.close();
          return;
        }
        written += value.length;
        if (written > whole) throw new Error(`a safetensors file of ${whole} bytes was given ${written}`);
        if (value.length > 0) controller.enqueue(value);
        else await this.pull?.(controller);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
