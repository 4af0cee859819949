import { npy } from "./files.js";

export type Bytes = Uint8Array<ArrayBuffer>;
/** Numbers at which something overflows, wraps or turns negative. */
export const edges = [
  0,
  1,
  2,
  7,
  8,
  31,
  32,
  33,
  63,
  64,
  127,
  128,
  255,
  256,
  65535,
  65536,
  1e6,
  1e8,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 40,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 62,
];

/** A whole number from 0 up to, not including, the bound. */
export type Random = (bound: number) => number;

export const pick = <T>(random: Random, items: readonly T[]): T => items[random(items.length)];
export const several = <T>(random: Random, most: number, make: (i: number) => T): T[] =>
  Array.from({ length: random(most + 1) }, (_, i) => make(i));

export const floats = new Float32Array([1, 2, 3, 4, 5, 6, 7, 8]);
export const array = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 4), }", new Uint8Array(floats.buffer));

export function mutated(original: Bytes, random: Random): Bytes {
  let bytes = original.slice();
  for (let change = random(4); change >= 0; change--) {
    if (bytes.length === 0) break;
    const at = random(bytes.length);
    const length = Math.min(bytes.length - at, 1 + random(16));
    switch (random(8)) {
      case 0:
        bytes[at] ^= 1 << random(8);
        break;
      case 1:
        bytes[at] = pick(random, [0, 1, 0x20, 0x22, 0x2c, 0x30, 0x39, 0x5b, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xff]);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = spliced(bytes, at, at + length, new Uint8Array(0));
        break;
      case 4:
        bytes = spliced(bytes, at, at, bytes.slice(at, at + length));
        break;
      case 5:
        bytes = spliced(
          bytes,
          at,
          at,
          Uint8Array.from({ length }, () => random(256)),
        );
        break;
      case 6:
        if (at + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(at, pick(random, edges) >>> 0, true);
        break;
      case 7:
        if (at + 8 <= bytes.length)
          new DataView(bytes.buffer).setBigUint64(at, BigInt(pick(random, edges)) * BigInt(1 + random(3)), true);
        break;
    }
  }
  return bytes;
}

function spliced(bytes: Bytes, start: number, end: number, between: Bytes): Bytes {
  const result = new Uint8Array(start + between.length + bytes.length - end);
  result.set(bytes.subarray(0, start));
  result.set(between, start);
  result.set(bytes.subarray(end), start + between.length);
  return result;
}
