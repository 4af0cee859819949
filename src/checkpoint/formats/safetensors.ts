import { quoted } from "../../base/printable.js";
import type { Source } from "../../host/contract.js";
import { pauses } from "../../host/pauses.js";
import type { TensorInfo } from "../../types.js";
import type { StoredTensor } from "../checkpoint.js";
import { type DataType, safetensorsType } from "../dtypes.js";
import { malformed } from "../fail.js";
import { slice } from "../layout.js";
import { JsonError, JsonReader } from "./json.js";
import { MAXIMUM_KEYS, MAXIMUM_TENSORS } from "./limits.js";

/** The reference reader's limit, so that one header is taken or refused by both. */
const MAXIMUM_HEADER = 100_000_000;
const MAXIMUM_DIMENSIONS = 64;

/** The header of a safetensors file: tensors in the order of their bytes, and `__metadata__`. */
export interface SafetensorsHeader {
  tensors: StoredTensor[];
  metadata: Record<string, string>;
}

interface Entry {
  dtype: DataType;
  shape: number[];
  parameters: number;
  begin: number;
  end: number;
}

/**
 * The header of one safetensors file: eight bytes of length, JSON, then the tensors without a gap.
 * Verdicts are those of the reference's `deserialize`. Tensors are in the order of their bytes.
 */
export async function readSafetensors(source: Source, signal?: AbortSignal): Promise<SafetensorsHeader> {
  const file = source.name;
  const size = source.byteLength;
  if (size < 8) throw malformed("truncated", file, `${size} bytes are too few for a safetensors header`);
  const first = await source.read(0, 8, signal);
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAXIMUM_HEADER))
    throw malformed(
      "header-too-large",
      file,
      `the header claims ${length} bytes, more than ${MAXIMUM_HEADER}: this is no safetensors file, or a damaged one`,
      { offset: 0 },
    );
  const headerLength = Number(length);
  if (8 + headerLength > size)
    throw malformed("truncated", file, `the header claims ${headerLength} bytes, but only ${size - 8} follow`, {
      offset: 0,
    });

  const text = utf8(await source.read(8, 8 + headerLength, signal), file);
  const { entries, metadata } = await parseHeader(text, file, signal);
  // Parts of the header's text would keep all of it.
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const tensors: StoredTensor[] = layOut(entries, file, size - 8 - headerLength).map(([name, entry]) => {
    const info: TensorInfo = {
      name: decoder.decode(encoder.encode(name)),
      dtype: entry.dtype.name,
      shape: entry.shape,
      parameters: entry.parameters,
      byteOffset: 8 + headerLength + entry.begin,
      byteLength: entry.end - entry.begin,
      file,
    };
    return { info, type: entry.dtype, bytes: slice(source, info.byteOffset, info.byteLength) };
  });
  return { tensors, metadata };
}

function utf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed("invalid-header", file, "the header is not UTF-8", { offset: 8 });
  }
}

async function parseHeader(
  text: string,
  file: string,
  signal?: AbortSignal,
): Promise<{ entries: Map<string, Entry>; metadata: Record<string, string> }> {
  const reader = new JsonReader(text);
  const pause = pauses(signal);
  const entries = new Map<string, Entry>();
  const shapes = new Map<string, number[]>();
  let metadata: Record<string, string> | undefined;
  try {
    for (const key of reader.keys()) {
      if (key === "__metadata__") {
        if (metadata) throw malformed("invalid-header", file, "__metadata__ stands twice in the header");
        metadata = readMetadata(reader, file);
      } else {
        const entry = readEntry(reader, key, file);
        // Few differ, of 100,000.
        const shape = entry.shape.join();
        if (!shapes.has(shape)) shapes.set(shape, Object.freeze(entry.shape) as number[]);
        entries.set(key, { ...entry, shape: shapes.get(shape)! });
      }
      if (entries.size > MAXIMUM_TENSORS)
        throw malformed("header-too-large", file, `the header lists more than ${MAXIMUM_TENSORS} tensors`);
      const pausing = pause();
      if (pausing) await pausing;
    }
    reader.end();
  } catch (error) {
    if (error instanceof JsonError)
      throw malformed(
        "invalid-header",
        file,
        `the header is not valid: ${error.message}, character ${error.position} of the header`,
      );
    throw error;
  }
  return { entries, metadata: metadata ?? {} };
}

function readMetadata(reader: JsonReader, file: string): Record<string, string> {
  if (reader.peek() === "null") {
    reader.value();
    return {};
  }
  const metadata = new Map<string, string>();
  reader.object((key) => {
    if (reader.peek() !== "string") throw reader.error("the values of __metadata__ must be strings");
    metadata.set(key, reader.string());
    if (metadata.size > MAXIMUM_KEYS)
      throw malformed("header-too-large", file, `__metadata__ has more than ${MAXIMUM_KEYS} keys`);
  });
  return Object.fromEntries(metadata);
}

/** One tensor's `{"dtype", "shape", "data_offsets"}`; other keys are passed over, these may not repeat. */
function readEntry(reader: JsonReader, tensor: string, file: string): Entry {
  const fail = (code: string, what: string) => malformed(code, file, what, { tensor });
  let dtype: DataType | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if ((key === "dtype" && dtype) || (key === "shape" && shape) || (key === "data_offsets" && offsets))
      throw fail("invalid-header", `${key} stands twice`);
    if (key === "dtype") {
      const name = reader.string();
      dtype = safetensorsType(name);
      if (!dtype) throw fail("unknown-dtype", `unknown dtype ${quoted(name, 40)}`);
    } else if (key === "shape") shape = integers(reader, MAXIMUM_DIMENSIONS);
    else if (key === "data_offsets") offsets = integers(reader, 2);
    else reader.skip();
  });
  if (!dtype || !shape || !offsets)
    throw fail("invalid-header", `${!dtype ? "dtype" : !shape ? "shape" : "data_offsets"} is missing`);
  if (offsets.length !== 2) throw fail("invalid-header", "data_offsets must be two integers");

  const [begin, end] = offsets;
  if (end < begin) throw fail("invalid-offset", `data_offsets end at ${end}, before they begin at ${begin}`);
  const shown = () =>
    `shape [${shape!.map((length) => (length === Infinity ? "2^53 or more" : length)).join(", ")}] of ${dtype!.name}`;
  const parameters = elementCount(shape);
  const byteLength = (parameters / dtype.elementsPerBlock) * dtype.bytesPerBlock;
  if (!(byteLength <= Number.MAX_SAFE_INTEGER)) throw fail("shape-overflow", `${shown()} overflows`);
  if (parameters % dtype.elementsPerBlock !== 0)
    throw fail("misaligned", `${parameters} values of ${dtype.name} are no whole number of bytes`);
  if (end === Infinity) throw fail("invalid-offset", "data_offsets end beyond any file");
  if (end - begin !== byteLength)
    throw fail("size-mismatch", `${shown()} takes ${byteLength} bytes, data_offsets span ${end - begin}`);
  return { dtype, shape, parameters, begin, end };
}

function integers(reader: JsonReader, limit: number): number[] {
  const values: number[] = [];
  reader.array(() => {
    if (values.length === limit) throw reader.error(`an array of more than ${limit}`);
    values.push(reader.unsigned());
  });
  // Without the room that growing left behind.
  return values.slice();
}

/**
 * NaN or too large where it overflows at any step, as the reference has it: [2^40, 2^40, 0] does, [0, 2^40, 2^40] does
 * not.
 */
function elementCount(shape: number[]): number {
  let count = 1;
  for (const length of shape) {
    count *= length;
    if (!(count <= Number.MAX_SAFE_INTEGER)) return NaN;
  }
  return count;
}

/**
 * The entries in the order of their bytes, after checking that these follow each other to the last byte of the file.
 */
function layOut(entries: Map<string, Entry>, file: string, dataLength: number): [string, Entry][] {
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [tensor, { begin, end }] of ordered) {
    if (begin < position)
      throw malformed(
        "overlap",
        file,
        `its bytes ${begin} to ${end} overlap the tensor before it, which ends at ${position}`,
        { tensor },
      );
    if (begin > position)
      throw malformed("hole", file, `its bytes begin at ${begin}, but the tensor before it ends at ${position}`, {
        tensor,
      });
    if (end > dataLength)
      throw malformed(
        "truncated",
        file,
        `its bytes ${begin} to ${end} reach beyond the file, which holds ${dataLength} bytes of data`,
        { tensor },
      );
    position = end;
  }
  if (position < dataLength)
    throw malformed("trailing-data", file, `${dataLength - position} bytes after the last tensor belong to none`);
  return ordered;
}
