import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { extractAdapter } from "../compare/adapter.js";
import { compress } from "../compress/compress.js";
import { readImportance } from "../compress/imatrix.js";
import type { OutputFile, Progress, Report } from "../types.js";
import { adapterOptions, compressOptions } from "./compress-choice.js";
import { keepFiles } from "./keep-files.js";
import type { Requests } from "./messages.js";
import { openInput } from "./open-input.js";
import { byteStream, reportPieces } from "./report-pieces.js";

/** What a session gives to what it does. */
export interface AtWork {
  threads: number;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
}

/** A smaller checkpoint, byte for byte that of the command line. */
export async function makeCompressed(
  { input, choice, online, room }: Requests["compress"]["ask"],
  { signal, onProgress }: AtWork,
): Promise<Requests["compress"]["answer"]> {
  const options = compressOptions(choice);
  const { imatrix } = choice;
  const importance = imatrix && (await readImportance(new Uint8Array(await imatrix.arrayBuffer()), imatrix.name));
  const checkpoint = await openInput(input, { online, signal, once: true });
  try {
    const { files, report } = compress(checkpoint, {
      ...options,
      importance: importance ?? undefined,
      signal,
      onProgress,
    });
    return { files: await keepFiles(files, room, signal), report: await report };
  } finally {
    await checkpoint.close();
  }
}

/** The report in one of its forms. */
export async function makeReport(
  { kind, name, room }: Requests["save"]["ask"],
  report: Report,
): Promise<Requests["save"]["answer"]> {
  async function* files(): AsyncGenerator<OutputFile> {
    yield { name, bytes: byteStream(reportPieces(kind, report)) };
  }
  // What ends an analysis does not end what is saved of it.
  const [made] = await keepFiles(files(), room, new AbortController().signal);
  return { ...made, matrices: report.matrices.length };
}

/** The change between two checkpoints as a LoRA in PEFT's format. */
export async function makeAdapter(
  { base, tuned, choice, online, room }: Requests["adapter"]["ask"],
  { threads, signal, onProgress }: AtWork,
): Promise<Requests["adapter"]["answer"]> {
  const options = adapterOptions(choice);
  const sides: RawCheckpoint[] = [];
  try {
    for (const input of [base, tuned]) sides.push(await openInput(input, { online, signal }));
    const { files, report } = extractAdapter(sides[0], sides[1], {
      ...options,
      threads,
      signal,
      onProgress,
      workerUrl: new URL("worker.js", import.meta.url),
    });
    return { files: await keepFiles(files, room, signal), report: await report };
  } finally {
    for (const side of sides) await side.close();
  }
}
