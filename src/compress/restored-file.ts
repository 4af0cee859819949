import { centralHeader, crc32, endRecord, localHeader } from "../checkpoint/compressed/archive.js";
import type { Restored, RestoredTensor } from "../checkpoint/compressed/stands-for.js";
import { safetensorsHeader } from "../checkpoint/formats/safetensors-writer.js";
import { ggufAlignment, ggufHeader } from "./gguf-header.js";
import { npyHeader } from "./npy-header.js";

/** A restored file before it is written. */
export interface RestoredFile {
  name: string;
  byteLength: number;
  notes: string[];
  pieces(): AsyncGenerator<Uint8Array, void, void>;
}

/** Bytes of a tensor at once. */
const PIECE = 1 << 20;

/** Whether a tensor has the type and length that its header says. */
const asItWas = ({ info, original }: RestoredTensor): boolean => info.dtype === original.dtype;

/** The original's file from what a compressed one stands for. */
export function restoredFile(compressedName: string, restored: Restored, signal?: AbortSignal): RestoredFile {
  const notes = changedTypes(restored);
  const plain = compressedName.replace(/[?#].*$/s, "").replace(/^.*[/\\]/, "");
  switch (restored.format) {
    case "gguf":
      return ggufFile(plain.replace(/\.safetensors$/i, ".gguf"), restored, notes, signal);
    case "npy":
      return npyFile(plain.replace(/\.safetensors$/i, ".npy"), restored, notes, signal);
    case "npz":
      return archiveFile(plain.replace(/\.safetensors$/i, ".npz"), restored, notes, signal);
    default:
      return safetensorsRestored(plain, restored, notes, signal);
  }
}

/** One line for each type that cannot hold sums. */
function changedTypes({ tensors }: Restored): string[] {
  const changed = new Map<string, number>();
  for (const { info, original } of tensors) {
    if (info.dtype === original.dtype) continue;
    const key = `${original.dtype} as ${info.dtype}`;
    changed.set(key, (changed.get(key) ?? 0) + 1);
  }
  return [...changed].map(([what, count]) => `${count} tensor${count === 1 ? "" : "s"} of ${what}, under a new header`);
}

async function* bytesOf(tensor: RestoredTensor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const { byteLength } = tensor.info;
  for (let at = 0; at < byteLength; at += PIECE) {
    yield await tensor.bytes.read(at, Math.min(byteLength, at + PIECE), signal);
  }
}

/** The header, then the tensors in the order of their bytes; each padded to a multiple of `alignment`. */
function inOneRun(
  file: { name: string; header: Uint8Array; alignment: number; notes: string[] },
  tensors: readonly RestoredTensor[],
  signal?: AbortSignal,
): RestoredFile {
  const { name, header, alignment, notes } = file;
  const paddingOf = ({ info }: RestoredTensor): number => (alignment - (info.byteLength % alignment)) % alignment;
  const byteLength = tensors.reduce((sum, tensor) => sum + tensor.info.byteLength + paddingOf(tensor), header.length);
  return {
    name,
    byteLength,
    notes,
    async *pieces() {
      yield header;
      for (const tensor of tensors) {
        yield* bytesOf(tensor, signal);
        if (paddingOf(tensor) > 0) yield new Uint8Array(paddingOf(tensor));
      }
    },
  };
}

const byOffset = (tensors: readonly RestoredTensor[]): RestoredTensor[] =>
  [...tensors].sort((a, b) => a.original.byteOffset - b.original.byteOffset);

function safetensorsRestored(name: string, restored: Restored, notes: string[], signal?: AbortSignal): RestoredFile {
  const tensors = byOffset(restored.tensors);
  if (tensors.every(asItWas)) {
    const header = new Uint8Array(8 + restored.header.length);
    new DataView(header.buffer).setBigUint64(0, BigInt(restored.header.length), true);
    header.set(restored.header, 8);
    return inOneRun({ name, header, alignment: 1, notes }, tensors, signal);
  }
  const own = restored.metadata as Record<string, string>;
  const header = safetensorsHeader(
    tensors.map(({ info }) => info),
    Object.keys(own).length > 0 ? own : undefined,
  );
  return inOneRun({ name, header, alignment: 1, notes }, tensors, signal);
}

function ggufFile(name: string, restored: Restored, notes: string[], signal?: AbortSignal): RestoredFile {
  const tensors = byOffset(restored.tensors);
  const header = tensors.every(asItWas) ? restored.header : ggufHeader(restored, tensors);
  return inOneRun({ name, header, alignment: ggufAlignment(restored.metadata), notes }, tensors, signal);
}

function npyFile(name: string, restored: Restored, notes: string[], signal?: AbortSignal): RestoredFile {
  const { header, note } = npyHeader(restored.header, restored.tensors[0]);
  return inOneRun({ name, header, alignment: 1, notes: [...notes, ...note] }, restored.tensors, signal);
}

/**
 * Members stored one after the other, each an array under its own header; checksums are taken first, from the same
 * bytes.
 */
function archiveFile(name: string, restored: Restored, notes: string[], signal?: AbortSignal): RestoredFile {
  const members = restored.tensors.map((tensor) => {
    const { header, note } = npyHeader(restored.headers!.get(tensor.info.name)!, tensor);
    return { tensor, header, note, name: new TextEncoder().encode(`${tensor.info.name}.npy`) };
  });
  const sizeOf = ({ header, tensor }: (typeof members)[number]): number => header.length + tensor.info.byteLength;
  const byteLength = members.reduce((sum, member) => sum + 76 + 2 * member.name.length + sizeOf(member), 22);
  return {
    name,
    byteLength,
    notes: [...notes, ...new Set(members.flatMap(({ note }) => note))],
    async *pieces() {
      const directory: Uint8Array[] = [];
      let offset = 0;
      for (const member of members) {
        let crc = crc32(member.header);
        for await (const piece of bytesOf(member.tensor, signal)) crc = crc32(piece, crc);
        const local = localHeader(member.name, sizeOf(member), crc);
        directory.push(centralHeader(member.name, sizeOf(member), crc, offset));
        yield local;
        yield member.header;
        yield* bytesOf(member.tensor, signal);
        offset += local.length + sizeOf(member);
      }
      yield* directory;
      yield endRecord(
        members.length,
        directory.reduce((sum, part) => sum + part.length, 0),
        offset,
      );
    },
  };
}
