import { quoted } from "../../base/printable.js";
import type { Source } from "../../host/contract.js";
import type { TensorInfo } from "../../types.js";
import type { StoredTensor } from "../checkpoint.js";
import { type DataType, dataType } from "../dtypes.js";
import { malformed } from "../fail.js";
import { fortranOrder, slice, swapped } from "../layout.js";
import { type Literal, LiteralError, parseLiteral } from "./python-literal.js";

/**
 * NumPy itself refuses headers above 10,000 bytes unless told to trust the file; long structured types come near it.
 */
const MAXIMUM_HEADER = 1_000_000;
const MAXIMUM_DIMENSIONS = 64;

/** NumPy's kind and item size to our types. */
const names: Record<string, string> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  b1: "BOOL",
  c8: "C64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  // What NumPy writes of the bfloat16 of ml_dtypes, which it does not know by name.
  V2: "BF16",
};

interface Header {
  descr: Literal;
  fortran: boolean;
  shape: number[];
  parameters: number;
  dataStart: number;
}

/**
 * One array of a .npy file, version 1 to 3 (numpy.lib.format). What follows the array is left alone, as NumPy does.
 * `at` is where the array's bytes are in `file`, for those who ask; where it is null they are in no one place.
 */
export async function readNpy(
  source: Source,
  tensor: string,
  file: string,
  at: ((offset: number) => number) | null,
  signal?: AbortSignal,
): Promise<StoredTensor> {
  const header = await readHeader(source, tensor, file, signal);
  const { type, bigEndian } = typeOf(header.descr, tensor, file);
  const byteLength = header.parameters * type.bytesPerBlock;
  if (!Number.isSafeInteger(byteLength))
    throw malformed("shape-overflow", file, `shape (${header.shape.join(", ")}) overflows`, { tensor });
  if (header.dataStart + byteLength > source.byteLength)
    throw malformed(
      "truncated",
      file,
      `shape (${header.shape.join(", ")}) of ${type.name} takes ${byteLength} bytes, ` +
        `${source.byteLength - header.dataStart} follow the header`,
      { tensor, offset: header.dataStart },
    );

  const info: TensorInfo = {
    name: tensor,
    dtype: type.name,
    shape: header.shape,
    parameters: header.parameters,
    byteOffset: at ? at(header.dataStart) : 0,
    byteLength,
    file,
  };
  let bytes = slice(source, header.dataStart, byteLength);
  if (bigEndian) bytes = swapped(bytes, type.bytesPerBlock);
  if (header.fortran) bytes = fortranOrder(bytes, header.shape, type.bytesPerBlock);
  return { info, type, bytes };
}

async function readHeader(source: Source, tensor: string, file: string, signal?: AbortSignal): Promise<Header> {
  const fail = (code: string, what: string, offset = 0) => malformed(code, file, what, { tensor, offset });
  if (source.byteLength < 10) throw fail("truncated", `${source.byteLength} bytes are too few for a .npy header`);
  const first = await source.read(0, Math.min(source.byteLength, 12), signal);
  if (String.fromCharCode(...first.subarray(0, 6)) !== "\x93NUMPY")
    throw fail("bad-magic", "does not begin as .npy does");
  const version = first[6];
  if (version < 1 || version > 3 || first[7] !== 0)
    throw fail("unsupported-version", `.npy version ${version}.${first[7]}; versions 1 to 3 are read`, 6);
  const start = version === 1 ? 10 : 12;
  if (first.length < start) throw fail("truncated", "the file ends within its header");
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAXIMUM_HEADER)
    throw fail("header-too-large", `the header claims ${length} bytes, more than ${MAXIMUM_HEADER}`, 8);
  if (start + length > source.byteLength)
    throw fail("truncated", `the header claims ${length} bytes, but only ${source.byteLength - start} follow`, 8);
  // Version 3 is UTF-8, for the field names of structured types; Latin-1 reads all else in it alike.
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(
    await source.read(start, start + length, signal),
  );
  return { ...parseHeader(text, fail), dataStart: start + length };
}

function parseHeader(
  text: string,
  fail: (code: string, what: string, offset?: number) => Error,
): Omit<Header, "dataStart"> {
  let header: Literal;
  try {
    header = parseLiteral(text);
  } catch (error) {
    if (error instanceof LiteralError)
      throw fail("invalid-header", `the header is no dictionary of literals: ${error.message}`);
    throw error;
  }
  if (!(header instanceof Map) || header.size !== 3 || !header.has("descr"))
    throw fail("invalid-header", "the header must be a dictionary of descr, fortran_order and shape");
  const fortran = header.get("fortran_order");
  const lengths = header.get("shape");
  if (typeof fortran !== "boolean") throw fail("invalid-header", "fortran_order must be True or False");
  if (!Array.isArray(lengths) || lengths.length > MAXIMUM_DIMENSIONS)
    throw fail("invalid-header", "shape must be a tuple");
  let count = 1n;
  const shape = lengths.map((length) => {
    if (typeof length !== "bigint" || length < 0n)
      throw fail("invalid-header", "shape must be a tuple of non-negative integers");
    count *= length;
    if (count > BigInt(Number.MAX_SAFE_INTEGER) || length > BigInt(Number.MAX_SAFE_INTEGER))
      throw fail("shape-overflow", "the shape overflows");
    return Number(length);
  });
  return { descr: header.get("descr")!, fortran, shape, parameters: Number(count) };
}

/**
 * Strings, dates, records and objects open as types that nothing decodes; an object's bytes, a pickle, are not even
 * counted.
 */
function typeOf(descr: Literal, tensor: string, file: string): { type: DataType; bigEndian: boolean } {
  const opaque = (name: string, bytesPerBlock: number): DataType => ({
    name,
    elementsPerBlock: 1,
    bytesPerBlock,
    integer: false,
    kernel: null,
    code: -1,
  });
  if (Array.isArray(descr)) return { type: opaque("record", 0), bigEndian: false };
  const match =
    typeof descr === "string" ? /^([<>|=]?)([a-zA-Z])([0-9]{0,9})(\[[0-9a-zA-Z/]{1,20}\])?$/.exec(descr) : null;
  if (!match)
    throw malformed("unknown-dtype", file, `unknown descr ${typeof descr === "string" ? quoted(descr, 40) : ""}`, {
      tensor,
    });
  const [, order, kind, size] = match;
  if (kind === "O") return { type: opaque("object", 0), bigEndian: false };
  const name = names[kind + size];
  if (name !== undefined) return { type: dataType(name)!, bigEndian: order === ">" && size !== "1" };
  // Of numbers, only those wider than ours are left.
  if ("biufc".includes(kind) && !["12", "16", "24", "32"].includes(size))
    throw malformed("unknown-dtype", file, `unknown descr ${quoted(descr as string, 40)}`, { tensor });
  // A character of U takes four bytes.
  return { type: opaque(descr as string, Number(size) * (kind === "U" ? 4 : 1)), bigEndian: false };
}
