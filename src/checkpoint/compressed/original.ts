import { memorySource } from "../../bytes/source.js";
import type { Source } from "../../host/contract.js";
import type { Checkpoint } from "../../types.js";
import type { StoredTensor } from "../checkpoint.js";
import { malformed } from "../fail.js";
import { readGguf } from "../formats/gguf.js";
import { readNpy } from "../formats/npy.js";
import { readSafetensors } from "../formats/safetensors.js";
import { dataOffset, readZip } from "../formats/zip.js";

/** What the header of the original says: tensors in its order, at the places that they had in its file. */
export interface Original {
  format: Checkpoint["format"];
  tensors: StoredTensor[];
  metadata: Record<string, unknown>;
  /** Of a GGUF header: where its list of tensors begins. */
  listStart?: number;
  /** Of an archive: the header of each array. */
  headers?: Map<string, Uint8Array>;
}

/**
 * A file of which only the first bytes are there. What asks for more than they are gets them once as they are, so that
 * a reader that guesses a length is served, and an error then: the header was cut.
 */
function hollowSource(header: Uint8Array, name: string, byteLength: number): Source {
  let ended = false;
  return {
    name,
    byteLength,
    async read(start, end) {
      if (end > header.length && (ended || start > 0))
        throw malformed("truncated", name, "the header of the original is not whole");
      ended = end > header.length;
      return header.subarray(start, end);
    },
  };
}

/**
 * Reads the header of the original, `weightscope.header`, strictly: by the readers of its format. `only` names an array
 * that has no name.
 */
export async function readOriginal(header: Uint8Array, file: string, only: string): Promise<Original> {
  const magic = String.fromCharCode(...header.subarray(0, 6));
  if (magic.startsWith("GGUF")) {
    return { format: "gguf", ...(await readGguf(hollowSource(header, file, Number.MAX_SAFE_INTEGER))) };
  }
  if (magic === "\x93NUMPY") {
    const hollow = hollowSource(header, file, Number.MAX_SAFE_INTEGER);
    return { format: "npy", tensors: [await readNpy(hollow, only, file, (offset) => offset)], metadata: {} };
  }
  if (magic.startsWith("PK")) return { format: "npz", ...(await readArchive(header, file)), metadata: {} };
  // The eight bytes before a safetensors header are its length, and go without saying.
  const whole = new Uint8Array(8 + header.length);
  new DataView(whole.buffer).setBigUint64(0, BigInt(header.length), true);
  whole.set(header, 8);
  const { tensors, metadata } = await readSafetensors(
    hollowSource(whole, file, whole.length + dataLength(header, file)),
  );
  return { format: "safetensors", tensors, metadata };
}

/** Where the last tensor ends; the strict reader checks the rest. */
function dataLength(header: Uint8Array, file: string): number {
  let length = 0;
  try {
    const entries = JSON.parse(new TextDecoder().decode(header)) as Record<string, { data_offsets?: unknown[] }>;
    for (const entry of Object.values(entries)) length = Math.max(length, Number(entry?.data_offsets?.[1] ?? 0));
  } catch {
    throw malformed("invalid-header", file, "the header of the original is no JSON");
  }
  return Number.isSafeInteger(length) ? length : 0;
}

/** An archive whose members end with their own headers. */
async function readArchive(
  header: Uint8Array,
  file: string,
): Promise<{ tensors: StoredTensor[]; headers: Map<string, Uint8Array> }> {
  const source = memorySource(header, file);
  const tensors: StoredTensor[] = [];
  const headers = new Map<string, Uint8Array>();
  for (const entry of await readZip(source)) {
    const start = await dataOffset(source, entry);
    const name = entry.name.replace(/\.npy$/, "");
    const own = header.subarray(start, start + entry.size);
    headers.set(name, own);
    const hollow = hollowSource(own, file, Number.MAX_SAFE_INTEGER);
    tensors.push(await readNpy(hollow, name, file, (offset) => offset));
  }
  return { tensors, headers };
}
