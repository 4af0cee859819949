import { quoted } from "../../base/printable.js";
import type { Source } from "../../host/contract.js";
import { pauses } from "../../host/pauses.js";
import type { TensorInfo } from "../../types.js";
import type { StoredTensor } from "../checkpoint.js";
import { type DataType, ggufType } from "../dtypes.js";
import { malformed } from "../fail.js";
import { slice } from "../layout.js";
import { Cursor, GgufError, isU32, NeedMore, type Pause, readValue } from "./gguf-values.js";
import { MAXIMUM_KEYS, MAXIMUM_TENSORS } from "./limits.js";

/** As for safetensors; the largest vocabularies in use take a third of it. */
const MAXIMUM_HEADER = 100_000_000;
const FIRST_READ = 65536;
const MAXIMUM_DIMENSIONS = 4;
const DEFAULT_ALIGNMENT = 32;
/**
 * Name length, dimension count, type and offset: what a tensor's entry takes at the least. And a key's: length, type,
 * one byte.
 */
const SMALLEST_TENSOR = 24;
const SMALLEST_PAIR = 13;

/** What stands before the data of a GGUF file of version 2 or 3. */
export interface GgufHeader {
  tensors: StoredTensor[];
  metadata: Record<string, unknown>;
  /** Where the list of tensors begins, after all metadata. */
  listStart: number;
}

interface Entry {
  name: string;
  shape: number[];
  parameters: number;
  type: DataType;
  offset: bigint;
  byteLength: number;
  position: number;
}
interface Header {
  metadata: Map<string, unknown>;
  entries: Entry[];
  listStart: number;
  dataStart: number;
  alignment: number;
}

/**
 * The header of one GGUF file, version 2 or 3. Where the two reference readers differ, docs/formats.md says
 * which is followed: tensor data must be laid out as libggml demands, the rest is as lenient as gguf-py.
 */
export async function readGguf(source: Source, signal?: AbortSignal): Promise<GgufHeader> {
  const size = source.byteLength;
  const pause = pauses(signal);
  let length = Math.min(FIRST_READ, size);
  for (;;) {
    const cursor = new Cursor(await source.read(0, length, signal), size);
    try {
      const header = await parse(cursor, pause);
      const { metadata, listStart } = header;
      return { tensors: await layOut(header, source, pause), metadata: Object.fromEntries(metadata), listStart };
    } catch (error) {
      if (error instanceof GgufError)
        throw malformed(error.code, source.name, error.message, { tensor: error.tensor, offset: error.offset });
      if (!(error instanceof NeedMore)) throw error;
      if (error.bytes > MAXIMUM_HEADER)
        throw malformed("header-too-large", source.name, `the header is longer than ${MAXIMUM_HEADER} bytes`, {
          offset: cursor.position,
        });
      // Read again from the start at four times the length: the whole costs a third more than knowing it beforehand.
      length = Math.min(size, MAXIMUM_HEADER, Math.max(error.bytes, 4 * length));
    }
  }
}

async function parse(cursor: Cursor, pause: Pause): Promise<Header> {
  const magic = String.fromCharCode(cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8());
  if (magic !== "GGUF") throw new GgufError("bad-magic", "does not begin with GGUF", 0);
  const version = cursor.u32();
  if (version === 0x02000000 || version === 0x03000000)
    throw new GgufError("unsupported-version", "a big-endian GGUF file, which is not read", 4);
  if (version !== 2 && version !== 3)
    throw new GgufError("unsupported-version", `GGUF version ${version}; versions 2 and 3 are read`, 4);
  const tensorCount = cursor.length("a tensor count");
  const pairCount = cursor.length("a metadata count");
  cursor.expect(tensorCount, SMALLEST_TENSOR, "a tensor count");
  cursor.expect(pairCount, SMALLEST_PAIR, "a metadata count");
  if (tensorCount > MAXIMUM_TENSORS) throw tooMany(tensorCount, "tensors", MAXIMUM_TENSORS, 8);
  if (pairCount > MAXIMUM_KEYS) throw tooMany(pairCount, "metadata keys", MAXIMUM_KEYS, 16);

  const metadata = new Map<string, unknown>();
  let alignment = DEFAULT_ALIGNMENT;
  for (let i = 0; i < pairCount; i++) {
    const position = cursor.position;
    const key = cursor.string();
    const { type, value } = await readValue(cursor, pause);
    if (metadata.has(key))
      throw new GgufError("duplicate-key", `the metadata key ${quoted(key, 80)} stands twice`, position);
    metadata.set(key, value);
    if (key === "general.alignment") alignment = checkedAlignment(type, value, position);
    const pausing = pause();
    if (pausing) await pausing;
  }
  const listStart = cursor.position;
  const entries: Entry[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const entry = readEntry(cursor);
    if (seen.has(entry.name))
      throw new GgufError("duplicate-tensor", "two tensors have this name", entry.position, entry.name);
    seen.add(entry.name);
    entries.push(entry);
    const pausing = pause();
    if (pausing) await pausing;
  }
  return { metadata, entries, listStart, dataStart: Math.ceil(cursor.position / alignment) * alignment, alignment };
}

const tooMany = (count: number, what: string, most: number, offset: number): GgufError =>
  new GgufError("header-too-large", `the header claims ${count} ${what}, more than ${most}`, offset);

function checkedAlignment(type: number, value: unknown, position: number): number {
  if (!isU32(type))
    throw new GgufError("bad-alignment", "general.alignment is not a 32-bit unsigned integer", position);
  const alignment = value as number;
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0)
    throw new GgufError("bad-alignment", `general.alignment is ${alignment}, no power of two`, position);
  return alignment;
}

function readEntry(cursor: Cursor): Entry {
  const position = cursor.position;
  const name = cursor.string();
  const fail = (code: string, message: string): never => {
    throw new GgufError(code, message, position, name);
  };
  const dimensions = cursor.u32();
  if (dimensions > MAXIMUM_DIMENSIONS)
    fail("invalid-header", `${dimensions} dimensions, more than ${MAXIMUM_DIMENSIONS}`);
  const lengths: bigint[] = [];
  for (let i = 0; i < dimensions; i++) lengths.push(cursor.u64());
  const number = cursor.u32();
  const type = ggufType(number);
  if (!type) return fail("unknown-dtype", `unknown tensor type ${number}`);

  let count = 1n;
  for (const length of lengths) {
    count *= length;
    if (count > BigInt(Number.MAX_SAFE_INTEGER) || length > BigInt(Number.MAX_SAFE_INTEGER))
      fail("shape-overflow", `dimensions ${lengths.join(" × ")} overflow`);
  }
  const rowLength = lengths.length === 0 ? 1 : Number(lengths[0]);
  if (rowLength % type.elementsPerBlock !== 0)
    fail("misaligned", `rows of ${rowLength} are not whole blocks of ${type.elementsPerBlock} (${type.name})`);
  const parameters = Number(count);
  const byteLength = (parameters / type.elementsPerBlock) * type.bytesPerBlock;
  if (!Number.isSafeInteger(byteLength))
    fail("shape-overflow", `dimensions ${lengths.join(" × ")} of ${type.name} overflow`);
  // The innermost dimension comes first in the file.
  return { name, shape: lengths.map(Number).reverse(), parameters, type, offset: cursor.u64(), byteLength, position };
}

/** Each tensor begins where the one before it ends, rounded up to the alignment; the last need not be padded. */
async function layOut(
  { entries, dataStart, alignment }: Header,
  source: Source,
  pause: Pause,
): Promise<StoredTensor[]> {
  let expected = 0;
  const tensors: StoredTensor[] = [];
  for (const { name, shape, parameters, type, offset, byteLength, position } of entries) {
    const fail = (code: string, message: string): never => {
      throw new GgufError(code, message, position, name);
    };
    if (offset % BigInt(alignment) !== 0n)
      fail("misaligned", `its offset ${offset} is no multiple of the alignment ${alignment}`);
    if (offset < BigInt(expected))
      fail("overlap", `its offset ${offset} lies before ${expected}, where the tensor before it ends`);
    if (offset > BigInt(expected))
      fail("hole", `its offset is ${offset}, but the tensor before it ends at ${expected}`);
    if (dataStart + expected + byteLength > source.byteLength)
      fail("truncated", `its bytes end at ${dataStart + expected + byteLength}, but the file at ${source.byteLength}`);
    const info: TensorInfo = {
      name,
      dtype: type.name,
      shape,
      parameters,
      byteOffset: dataStart + expected,
      byteLength,
      file: source.name,
    };
    expected = Math.ceil((expected + byteLength) / alignment) * alignment;
    tensors.push({ info, type, bytes: slice(source, info.byteOffset, info.byteLength) });
    const pausing = pause();
    if (pausing) await pausing;
  }
  return tensors;
}
