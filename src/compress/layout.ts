import {
  HEADER_TENSOR,
  LAYOUT,
  LAYOUT_KEY,
  type ReplacedTensor,
  SOURCE_KEY,
  TENSORS_KEY,
  tensorsText,
} from "../checkpoint/compressed/metadata.js";
import { safetensorsType } from "../checkpoint/dtypes.js";
import type { OutputTensor } from "./parts.js";

/** What a compressed file says beside its tensors. */
export interface FileMetadata {
  /** Of the source. */
  own: Readonly<Record<string, unknown>>;
  replaced: ReadonlyMap<string, ReplacedTensor>;
  /** SHA-256 of the source file. */
  hash: string;
}

/** `__metadata__`: the source's own entries as strings, lists left out, and those of layout 1, sorted by their keys. */
export function metadataOf({ own, replaced, hash }: FileMetadata): Record<string, string> {
  const entries = new Map<string, string>();
  for (const [key, value] of Object.entries(own)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      entries.set(key, String(value));
  }
  entries.set(LAYOUT_KEY, LAYOUT).set(TENSORS_KEY, tensorsText(replaced)).set(SOURCE_KEY, hash);
  return Object.fromEntries([...entries].sort(([a], [b]) => compareText(a, b)));
}

/** The original header as a tensor. */
export function headerTensor(header: Uint8Array): OutputTensor {
  return {
    name: HEADER_TENSOR,
    dtype: "U8",
    shape: [header.length],
    byteLength: header.length,
    async *pieces() {
      yield header;
    },
  };
}

/** Bits of an element. */
function sizeOf({ dtype }: OutputTensor): number {
  const { bytesPerBlock, elementsPerBlock } = safetensorsType(dtype)!;
  return (bytesPerBlock * 8) / elementsPerBlock;
}

/** Larger types first, so that every tensor is aligned to its own; then by name. */
export function inOrder(tensors: readonly OutputTensor[]): OutputTensor[] {
  return [...tensors].sort((a, b) => sizeOf(b) - sizeOf(a) || compareText(a.name, b.name));
}

/** By code points, as UTF-8 bytes compare. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Halves of surrogate pairs stand for characters above all others.
    const high = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;
    return high(x) === high(y) ? x - y : high(x) ? 1 : -1;
  }
  return a.length - b.length;
}
