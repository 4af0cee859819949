import { inflateRawSync } from "node:zlib";
import { concatenate, raw } from "./files.js";

type Bytes = Uint8Array<ArrayBuffer>;

export interface BuiltMember {
  name: string;
  bytes: Uint8Array;
  method?: number;
  flags?: number;
  size?: number;
  crc?: number | undefined;
  offset?: number | undefined;
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
