import { type Names, optionsOf } from "../base/arguments.js";
import { filesAndReport } from "../base/files-and-report.js";
import { asRawCheckpoint, isCheckpoint } from "../checkpoint/adapted.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { INDEX_KEY } from "../checkpoint/compressed/metadata.js";
import { isCompressed, type Restored, standsFor } from "../checkpoint/compressed/stands-for.js";
import { malformed } from "../checkpoint/fail.js";
import { readSafetensors } from "../checkpoint/formats/safetensors.js";
import { openRaw } from "../checkpoint/open.js";
import type { Source } from "../host/contract.js";
import type { Checkpoint, CheckpointInput, OutputFile, Progress } from "../types.js";
import type { RestoreOptions, RestoreReport } from "./contract.js";
import { restoredFile } from "./restored-file.js";
import { streamOf } from "./streams.js";

const NAMES = { threads: 1, memory: 1, signal: 1, onProgress: 1 } satisfies Names<RestoreOptions>;

/**
 * The full checkpoint from a compressed one alone: the original's names, shapes, types and order, under its header byte
 * for byte where its types can hold sums; quantised tensors that were replaced come back as BF16 (GGUF: F16) under a
 * new one, and the report's notes say so. Files come in order, each to be read to its end before the next; the report
 * is there when the last is out.
 * @throws CheckpointError where the input is no compressed checkpoint or does not fit together.
 */
export function restore(
  input: CheckpointInput | Checkpoint,
  options: RestoreOptions = {},
): { files: AsyncIterable<OutputFile>; report: Promise<RestoreReport> } {
  return filesAndReport("the files were not read to the end", async function* (done: (report: RestoreReport) => void) {
    const { signal } = optionsOf(options, "options", NAMES);
    signal?.throwIfAborted();
    const opened = isCheckpoint(input) ? null : await openRaw(input, { signal, asStored: true });
    try {
      const run = new Restoration(opened ?? asRawCheckpoint(input as Checkpoint), options);
      yield* run.files();
      done(run.report());
    } finally {
      await opened?.close();
    }
  });
}

class Restoration {
  private readonly notes: string[] = [];
  private tensors = 0;
  private restored = 0;
  private bytes = 0;
  private format = "";
  private readonly progress: { done: number; total: number };

  constructor(
    private readonly checkpoint: RawCheckpoint,
    private readonly options: RestoreOptions,
  ) {
    this.progress = { done: 0, total: 0 };
  }

  async *files(): AsyncGenerator<OutputFile, void, void> {
    const { checkpoint, options } = this;
    const all: { source: Source; restored: Restored }[] = [];
    for (const source of checkpoint.files) all.push({ source, restored: await this.read(source) });
    if (all.length === 0) throw malformed("not-compressed", checkpoint.name, NOT_COMPRESSED);
    const written = all.map(({ source, restored }) => restoredFile(source.name, restored, options.signal));
    this.progress.total = written.reduce((sum, { byteLength }) => sum + byteLength, 0);
    for (const { name, byteLength, pieces, notes } of written) {
      this.bytes += byteLength;
      this.notes.push(...notes);
      yield { name, bytes: streamOf(this.counted(name, pieces())) };
    }
    const index = originalIndex(checkpoint);
    if (index === null) return;
    this.bytes += index.bytes.length;
    yield { name: index.name, bytes: streamOf([index.bytes]) };
  }

  report(): RestoreReport {
    const { checkpoint, format, tensors, restored, bytes, notes } = this;
    const name = checkpoint.name.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "");
    return {
      schemaVersion: 1,
      source: { name, format, byteLength: checkpoint.byteLength },
      tensors,
      restored,
      bytes,
      notes,
    };
  }

  private async read(source: Source): Promise<Restored> {
    const { signal } = this.options;
    if (this.checkpoint.format !== "safetensors" && !(await isSafetensors(source, signal))) {
      throw malformed("not-compressed", source.name, NOT_COMPRESSED);
    }
    const { tensors, metadata } = await readSafetensors(source, signal);
    if (!isCompressed(metadata)) throw malformed("not-compressed", source.name, NOT_COMPRESSED);
    const restored = await standsFor(source, tensors, metadata, signal);
    this.format = restored.format;
    this.tensors += restored.tensors.length;
    this.restored += restored.tensors.filter(({ parts, info }) => parts[0] !== info.name).length;
    return restored;
  }

  private async *counted(file: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of pieces) {
      this.options.signal?.throwIfAborted();
      this.progress.done += piece.length;
      this.options.onProgress?.({ ...this.progress, unit: "bytes", matrix: file } satisfies Progress);
      yield piece;
    }
  }
}

const NOT_COMPRESSED = "is not a compressed checkpoint: there is nothing to restore";

/**
 * A compressed checkpoint that was opened as what it stands for says the original's format, and is a safetensors file.
 */
async function isSafetensors(source: Source, signal?: AbortSignal): Promise<boolean> {
  const first = await source.read(0, Math.min(9, source.byteLength), signal);
  return first.length === 9 && first[8] === 0x7b;
}

/** The index of the original, as it was. */
function originalIndex({ index }: RawCheckpoint): { name: string; bytes: Uint8Array } | null {
  if (index === null) return null;
  const { metadata } = JSON.parse(new TextDecoder().decode(index.bytes)) as { metadata?: Record<string, unknown> };
  const text = metadata?.[INDEX_KEY];
  return typeof text === "string" ? { name: index.name, bytes: new TextEncoder().encode(text) } : null;
}
