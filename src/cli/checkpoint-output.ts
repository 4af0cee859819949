import { stat } from "node:fs/promises";
import path from "node:path";
import { printable } from "../base/printable.js";
import { asRawCheckpoint } from "../checkpoint/adapted.js";

import type { Checkpoint, OutputFile } from "../types.js";
import { inputIdentities, refuseInput } from "./inputs.js";
import { directoryOutput, fileOutput, type OpenOutput } from "./output.js";

/** Files of a checkpoint as they are written: all of them whole, or none. */
export interface CheckpointOutput {
  write(file: OutputFile): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** What is written, and what it is made of. */
interface Sourced {
  source: Checkpoint;
  /** What the command was given to read. */
  inputs: readonly string[];
  signal: AbortSignal;
}

/**
 * `--output` of a command that writes a checkpoint: a file, or a directory where the source has several files or a
 * directory stands there. A new directory takes its name when all is in it; in one that is there each file takes its
 * own, the index last. Files of the source are never written over.
 */
export async function checkpointOutput(given: string, { source, inputs, signal }: Sourced): Promise<CheckpointOutput> {
  const { files, index } = asRawCheckpoint(source);
  const several = files.length > 1 || index !== null;
  const status = await stat(given).catch(() => null);
  const taken = await inputIdentities([...inputs, ...files.flatMap(({ path: file }) => file ?? [])]);
  const places = { taken, signal };
  if (status?.isDirectory()) return new Files({ ...places, placeOf: (name) => path.join(given, name) });
  if (!several) return new Files({ ...places, placeOf: () => given });
  if (status) throw new Error(`${printable(given)}: the source has several files, so --output is a directory`);
  const directory = await directoryOutput(given);
  return new Files({ ...places, directory, placeOf: (name) => path.join(directory.path, name) });
}

/** Writes all files of a checkpoint, then gives its report; where anything fails, or `signal` aborts, none is left. */
export async function writeFiles<Report>(
  { files, report }: { files: AsyncIterable<OutputFile>; report: Promise<Report> },
  { given, ...sourced }: Sourced & { given: string },
): Promise<Report> {
  const { signal } = sourced;
  const output = await checkpointOutput(given, sourced);
  try {
    for await (const file of files) await output.write(file);
    const found = await report;
    signal.throwIfAborted();
    await output.commit();
    return found;
  } catch (error) {
    await output.discard();
    throw error;
  }
}

/** Where files go. */
interface Places {
  /** Of the source: not to be written over. */
  taken: ReadonlySet<string>;
  signal: AbortSignal;
  placeOf(name: string): string;
  directory?: { commit(): Promise<void>; discard(): Promise<void> };
}

class Files implements CheckpointOutput {
  private readonly outputs: OpenOutput[] = [];

  constructor(private readonly places: Places) {}

  async write({ name, bytes }: OutputFile): Promise<void> {
    const { taken, signal, placeOf } = this.places;
    const place = placeOf(name);
    await refuseInput(place, taken).catch(async (error) => {
      await bytes.cancel();
      throw error;
    });
    const output = await fileOutput(place, signal);
    this.outputs.push(output);
    const reader = bytes.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await output.writeBytes(value);
    }
  }

  async commit(): Promise<void> {
    for (const output of this.outputs) await output.commit();
    await this.places.directory?.commit();
  }

  async discard(): Promise<void> {
    for (const output of this.outputs) await output.discard().catch(() => undefined);
    await this.places.directory?.discard();
  }
}
