import { quoted } from "../../base/printable.js";
import type { Source } from "../../host/contract.js";
import { malformed } from "../fail.js";

/** A member of an archive (APPNOTE.TXT, 4.3–4.5). */
export interface ZipEntry {
  name: string;
  /** Stored as it is, or deflated. */
  deflated: boolean;
  compressedSize: number;
  size: number;
  crc32: number;
  /** Of the local header. */
  headerOffset: number;
}

/** Signature of the end record (APPNOTE.TXT, 4.3.16). */
export const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
/** Of a central header (4.3.12). */
export const CENTRAL = 0x02014b50;
/** Of a local header (4.3.7). */
export const LOCAL = 0x04034b50;
/** The end record and the longest comment after it, with Zip64's locator before. */
const TAIL = 65535 + 22 + 20;
const MAXIMUM_DIRECTORY = 16 << 20;
/** Deflate cannot do better: 258 bytes from two bits. What claims more lies. */
const MAXIMUM_RATIO = 1032;

/**
 * The members of a zip archive from its central directory, Zip64 included. Refuses members that overlap or claim to
 * inflate beyond what deflate can.
 */
export async function readZip(source: Source, signal?: AbortSignal): Promise<ZipEntry[]> {
  const file = source.name;
  const directory = await locate(source, signal);
  const { offset, size, count } = directory;
  if (offset + size > source.byteLength)
    throw malformed("truncated", file, `the zip directory at ${offset} of ${size} bytes lies outside the file`);
  if (size > MAXIMUM_DIRECTORY)
    throw malformed("header-too-large", file, `a zip directory of ${size} bytes, more than ${MAXIMUM_DIRECTORY}`, {
      offset,
    });
  if (count * 46 > size)
    throw malformed("truncated", file, `${count} zip members cannot be listed in ${size} bytes`, { offset });
  const view = viewOf(await source.read(offset, offset + size, signal));
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const fail = (code: string, what: string, tensor?: string) =>
      malformed(code, file, what, { tensor, offset: offset + at });
    if (at + 46 > size || view.getUint32(at, true) !== CENTRAL)
      throw fail("invalid-zip", "the zip directory is damaged");
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > size) throw fail("invalid-zip", "the zip directory is damaged");
    const flags = view.getUint16(at + 8, true);
    const name = new TextDecoder(flags & 0x800 ? "utf-8" : "latin1").decode(
      new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength),
    );
    const method = view.getUint16(at + 10, true);
    if (flags & 1) throw fail("encrypted", `the member ${quoted(name)} is encrypted`, name);
    if (method !== 0 && method !== 8)
      throw fail(
        "unsupported-compression",
        `the member ${quoted(name)} is compressed by method ${method}; stored and deflated are read`,
        name,
      );
    const entry: ZipEntry = {
      name,
      deflated: method === 8,
      crc32: view.getUint32(at + 16, true),
      compressedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      headerOffset: view.getUint32(at + 42, true),
    };
    if (!readZip64Extra(view, at + 46 + nameLength, extraLength, entry))
      throw fail("invalid-zip", "a Zip64 size is missing or beyond any file", name);
    if (!entry.deflated && entry.size !== entry.compressedSize)
      throw fail("size-mismatch", "stored, but of two sizes", name);
    if (entry.deflated && entry.size > MAXIMUM_RATIO * entry.compressedSize)
      throw fail(
        "zip-bomb",
        `claims to inflate ${entry.compressedSize} bytes to ${entry.size}, more than deflate can`,
        name,
      );
    entries.push(entry);
    at = next;
  }
  checkOverlap(entries, offset, file);
  return entries;
}

/**
 * The end record, searched from the end as its comment's length is unknown; Zip64's in its place where there is one.
 */
async function locate(source: Source, signal?: AbortSignal): Promise<{ offset: number; size: number; count: number }> {
  const file = source.name;
  const start = Math.max(0, source.byteLength - TAIL);
  const tail = viewOf(await source.read(start, source.byteLength, signal));
  let at = tail.byteLength - 22;
  while (at >= 0 && !(tail.getUint32(at, true) === END && at + 22 + tail.getUint16(at + 20, true) === tail.byteLength))
    at--;
  if (at < 0) throw malformed("truncated", file, "the zip archive's end is missing: a download that stopped?");
  const plain = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  if (at < 20 || tail.getUint32(at - 20, true) !== LOCATOR64) return plain;
  const position = Number(tail.getBigUint64(at - 12, true));
  if (position + 56 > source.byteLength)
    throw malformed("truncated", file, "the Zip64 end record lies outside the file", { offset: start + at - 20 });
  const record = viewOf(await source.read(position, position + 56, signal));
  if (record.getUint32(0, true) !== END64)
    throw malformed("invalid-zip", file, "the Zip64 end record is damaged", { offset: position });
  return {
    count: Number(record.getBigUint64(32, true)),
    size: Number(record.getBigUint64(40, true)),
    offset: Number(record.getBigUint64(48, true)),
  };
}

/** Replaces sizes that are all ones by the Zip64 field's, which stand there in this order. */
function readZip64Extra(view: DataView, start: number, length: number, entry: ZipEntry): boolean {
  const wanted = (["size", "compressedSize", "headerOffset"] as const).filter((key) => entry[key] === 0xffffffff);
  if (wanted.length === 0) return true;
  for (let at = start; at + 4 <= start + length; at += 4 + view.getUint16(at + 2, true)) {
    const fieldLength = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) !== 1) continue;
    if (fieldLength < 8 * wanted.length || at + 4 + fieldLength > start + length) return false;
    wanted.forEach((key, i) => {
      entry[key] = Number(view.getBigUint64(at + 4 + 8 * i, true));
    });
    return wanted.every((key) => Number.isSafeInteger(entry[key]));
  }
  return false;
}

/** Members that share bytes are how small archives become endless ones. */
function checkOverlap(entries: ZipEntry[], directoryOffset: number, file: string): void {
  const ordered = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  ordered.forEach((entry, i) => {
    const end = entry.headerOffset + 30 + entry.compressedSize;
    const limit = i + 1 < ordered.length ? ordered[i + 1].headerOffset : directoryOffset;
    if (end > limit)
      throw malformed("overlap", file, `its bytes end at ${end}, beyond ${limit} where what follows begins`, {
        tensor: entry.name,
        offset: entry.headerOffset,
      });
  });
}

/** Where a member's bytes begin: after its local header, whose lengths are its own. */
export async function dataOffset(source: Source, entry: ZipEntry, signal?: AbortSignal): Promise<number> {
  const header = viewOf(await source.read(entry.headerOffset, entry.headerOffset + 30, signal));
  if (header.getUint32(0, true) !== LOCAL)
    throw malformed("invalid-zip", source.name, "no local header where the zip directory has it", {
      tensor: entry.name,
      offset: entry.headerOffset,
    });
  const start = entry.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.compressedSize > source.byteLength)
    throw malformed(
      "truncated",
      source.name,
      `its bytes end at ${start + entry.compressedSize}, but the file at ${source.byteLength}`,
      { tensor: entry.name, offset: start },
    );
  return start;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
