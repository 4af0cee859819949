import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { INDEX_KEY, type ReplacedTensor } from "../checkpoint/compressed/metadata.js";
import { readSafetensors } from "../checkpoint/formats/safetensors.js";
import type { Interpreted } from "../checkpoint/views/interpreted.js";
import type { Source } from "../host/contract.js";
import type { Machine } from "../kernels/machine.js";
import { entryOf, partsOf } from "./factor.js";
import type { Factored } from "./factored.js";
import { headerTensor, inOrder, metadataOf } from "./layout.js";
import { type OutputTensor, replacementTensors } from "./parts.js";
import { hashOf, headerOfFile, keptTensor, tensorsOfFile } from "./source-file.js";
import type { Spool } from "./spool.js";

/** A compressed file before it is written. */
export interface FileLayout {
  name: string;
  tensors: OutputTensor[];
  metadata: Record<string, string>;
  /** Names of its tensors that an index lists. */
  listed: string[];
}

/** What `layOutFile` needs. */
interface FileJob {
  checkpoint: Interpreted;
  spool: Spool;
  machine: Machine;
  source: Source;
  replaced: readonly Factored[];
  signal?: AbortSignal | undefined;
}

/** The compressed file of a file of the source. */
export async function layOutFile({
  checkpoint,
  spool,
  machine,
  source,
  replaced,
  signal,
}: FileJob): Promise<FileLayout> {
  const mine = replaced.filter(({ matrix }) => matrix.tensor.file === source.name);
  const composed = mine.map(({ matrix }) => partsOf(checkpoint, matrix)?.map(({ name }) => name) ?? null);
  const names = new Set(mine.flatMap(({ matrix }, i) => composed[i] ?? [matrix.tensor.name]));
  const stored = await tensorsOfFile(checkpoint.stored, source, signal);
  const header = await headerOfFile(checkpoint.stored, source, stored, signal);
  const kept = stored.filter(({ info }) => !names.has(info.name)).map((tensor) => keptTensor(tensor, signal));
  const parts = mine.flatMap((one) => replacementTensors(spool, one));
  const entries = new Map<string, ReplacedTensor>(mine.map((one, i) => [one.name, entryOf(one, composed[i])]));
  const own =
    checkpoint.format === "safetensors" ? (await readSafetensors(source, signal)).metadata : checkpoint.metadata;
  const known = new Set(checkpoint.stored.tensors.map(({ name }) => name));
  return {
    name: outputName(source.name, checkpoint.format),
    tensors: inOrder([headerTensor(header), ...kept, ...parts]),
    metadata: metadataOf({ own, replaced: entries, hash: await hashOf(machine, source, signal) }),
    listed: [...kept.map(({ name }) => name).filter((name) => known.has(name)), ...parts.map(({ name }) => name)],
  };
}

/** The source's name, with the ending of what the file is now. */
export function outputName(name: string, format: string): string {
  const plain = name.replace(/[?#].*$/s, "").replace(/^.*[/\\]/, "");
  if (/\.safetensors$/i.test(plain)) return plain;
  const stem = format === "safetensors" ? plain : plain.replace(/\.(gguf|npy|npz)$/i, "");
  return `${stem === "" ? "model" : stem}.safetensors`;
}

/**
 * The index of several files: the file of each stored tensor (but the originals' headers, one in every file), and the
 * source's own index, verbatim, where it has one. Null for a single file without one.
 */
export function indexFile(
  checkpoint: RawCheckpoint,
  files: readonly FileLayout[],
): { name: string; bytes: Uint8Array } | null {
  const { index } = checkpoint;
  if (files.length === 1 && index === null) return null;
  const entries = files.flatMap(({ name, listed }) =>
    listed.map((tensor) => `${JSON.stringify(tensor)}:${JSON.stringify(name)}`),
  );
  const metadata = index === null ? {} : { [INDEX_KEY]: new TextDecoder().decode(index.bytes) };
  const text = `{"metadata":${JSON.stringify(metadata)},"weight_map":{${entries.join(",")}}}\n`;
  const name = index?.name ?? files[0].name.replace(/(-00001-of-\d+)?\.safetensors$/, ".safetensors.index.json");
  return { name, bytes: new TextEncoder().encode(text) };
}
