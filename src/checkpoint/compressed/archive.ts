import type { Source } from "../../host/contract.js";
import { inflatedSource } from "../formats/inflate.js";
import { CENTRAL, dataOffset, END, LOCAL, readZip, type ZipEntry } from "../formats/zip.js";

/** A member of an archive to be written: stored as it is. */
export interface ArchiveMember {
  name: string;
  bytes: Uint8Array;
}

/** A NumPy header is no longer than this (src/checkpoint/formats/npy.ts). */
const MAXIMUM_HEADER = 1_000_012;

/** The arrays of an archive, each cut after its own header: what `weightscope.header` holds of a .npz file. */
export async function archiveHeader(source: Source, signal?: AbortSignal): Promise<Uint8Array> {
  const members: ArchiveMember[] = [];
  for (const entry of await readZip(source, signal)) {
    if (!entry.name.endsWith(".npy")) continue;
    members.push({ name: entry.name, bytes: await arrayHeader(source, entry, signal) });
  }
  return storedArchive(members);
}

async function arrayHeader(source: Source, entry: ZipEntry, signal?: AbortSignal): Promise<Uint8Array> {
  const start = await dataOffset(source, entry, signal);
  const member: Pick<Source, "read"> = entry.deflated
    ? inflatedSource(source, entry, start)
    : { read: (from, to, abort) => source.read(start + from, start + to, abort) };
  const first = await member.read(0, 12, signal);
  const view = new DataView(first.buffer, first.byteOffset, 12);
  const length = first[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  return (await member.read(0, Math.min(length, entry.size, MAXIMUM_HEADER), signal)).slice();
}

/** An archive of members stored one after the other, without times (the earliest that the format has). */
export function storedArchive(members: readonly ArchiveMember[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of members) {
    const encoded = new TextEncoder().encode(name);
    const local = localHeader(encoded, bytes.length, crc32(bytes));
    parts.push(local, bytes);
    directory.push(centralHeader(encoded, bytes.length, crc32(bytes), offset));
    offset += local.length + bytes.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  return joined([...parts, ...directory, endRecord(members.length, length, offset)]);
}

/** The lengths and the checksum stand alike in both headers. */
export function localHeader(name: Uint8Array, size: number, crc: number): Uint8Array {
  const header = new Uint8Array(30 + name.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, LOCAL, true);
  writeCommon(view, 4, name.length, size, crc);
  header.set(name, 30);
  return header;
}

/**
 * A central directory header (APPNOTE 4.3.12) of a stored member: its name, bytes, CRC-32, and where its local header
 * is.
 */
export function centralHeader(name: Uint8Array, size: number, crc: number, offset: number): Uint8Array {
  const header = new Uint8Array(46 + name.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, CENTRAL, true);
  view.setUint16(4, 20, true);
  writeCommon(view, 6, name.length, size, crc);
  view.setUint32(42, offset, true);
  header.set(name, 46);
  return header;
}

/**
 * The end of central directory record (APPNOTE 4.3.16) of an archive without a comment; lengths and offset in bytes.
 */
export function endRecord(members: number, directoryLength: number, directoryOffset: number): Uint8Array {
  const record = new Uint8Array(22);
  const view = new DataView(record.buffer);
  view.setUint32(0, END, true);
  view.setUint16(8, members, true);
  view.setUint16(10, members, true);
  view.setUint32(12, directoryLength, true);
  view.setUint32(16, directoryOffset, true);
  return record;
}

/** Version 2.0, names in UTF-8, stored; midnight of the first of January 1980. */
function writeCommon(view: DataView, at: number, nameLength: number, size: number, crc: number): void {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, 0x800, true);
  view.setUint16(at + 8, 0x21, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, nameLength, true);
}

const TABLE = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc >>> 0;
});

/** The checksum of bytes that follow those of `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The parts in one array, in their order. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
