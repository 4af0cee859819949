import { joined } from "../checkpoint/compressed/archive.js";
import type { Restored, RestoredTensor } from "../checkpoint/compressed/stands-for.js";
import { ggufNumber } from "../checkpoint/dtypes.js";

/** Where tensors begin: at multiples of this. */
export function ggufAlignment(metadata: Readonly<Record<string, unknown>>): number {
  const alignment = metadata["general.alignment"];
  return typeof alignment === "number" ? alignment : 32;
}

/** The header with its metadata as they are, byte for byte, and a new table of tensors: other types, other places. */
export function ggufHeader({ header, listStart, metadata }: Restored, tensors: readonly RestoredTensor[]): Uint8Array {
  const alignment = ggufAlignment(metadata);
  const parts = [header.subarray(0, listStart)];
  let offset = 0;
  for (const { info } of tensors) {
    parts.push(tableEntry(info.name, info.shape, ggufNumber(info.dtype), offset));
    offset += Math.ceil(info.byteLength / alignment) * alignment;
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(new Uint8Array(Math.ceil(length / alignment) * alignment - length));
  return joined(parts);
}

function tableEntry(name: string, shape: readonly number[], type: number, offset: number): Uint8Array {
  const encoded = new TextEncoder().encode(name);
  const entry = new Uint8Array(8 + encoded.length + 4 + 8 * shape.length + 4 + 8);
  const view = new DataView(entry.buffer);
  view.setBigUint64(0, BigInt(encoded.length), true);
  entry.set(encoded, 8);
  let at = 8 + encoded.length;
  view.setUint32(at, shape.length, true);
  at += 4;
  // The innermost dimension comes first in the file.
  for (const length of [...shape].reverse()) {
    view.setBigUint64(at, BigInt(length), true);
    at += 8;
  }
  view.setUint32(at, type, true);
  view.setBigUint64(at + 4, BigInt(offset), true);
  return entry;
}
