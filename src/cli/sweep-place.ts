import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, open, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { printable } from "../base/printable.js";
import type { FactorStore } from "../compress/store.js";
import { inWords } from "../host/system-errors.js";
import type { OutputFile } from "../types.js";

/** Folders to remove when the process ends before they are. */
const places = new Set<string>();
process.on("exit", () => places.forEach((place) => rmSync(place, { recursive: true, force: true })));

/** The end of a file's name that tells its format, of plain characters. */
const endOf = (name: string): string => /\.(?:safetensors|gguf|npy|npz)$/i.exec(name)?.[0].toLowerCase() ?? "";

/**
 * A temporary place for checkpoints. What is in it has names of ours, not the source's, so that they are plain words in
 * any command; the files of one that has several keep theirs, in a folder of ours.
 */
export class SweepPlace {
  private readonly folder: string;

  constructor(
    /** Factors that its compressions share; they go with it. */
    readonly store: FactorStore,
  ) {
    try {
      this.folder = mkdtempSync(path.join(tmpdir(), "weightscope-sweep-"));
    } catch (error) {
      noRoom(error);
    }
    places.add(this.folder);
  }

  /** Writes the files, gives where they are: a file, or a folder of several. */
  async write(
    name: string,
    files: AsyncIterable<OutputFile> | Iterable<OutputFile>,
    signal: AbortSignal,
  ): Promise<string> {
    const folder = path.join(this.folder, name);
    await mkdir(folder).catch(noRoom);
    const written: string[] = [];
    for await (const file of files) {
      const target = path.join(folder, path.basename(file.name));
      await writeStream(target, file.bytes, signal);
      written.push(target);
    }
    if (written.length !== 1) return folder;
    const alone = path.join(this.folder, `${name}-whole${endOf(written[0])}`);
    await symlink(written[0], alone);
    return alone;
  }

  /** The source itself, under a plain name. */
  async link(source: string): Promise<string> {
    const alone = path.join(this.folder, `source${endOf(source)}`);
    await symlink(await realpath(source), alone);
    return alone;
  }

  /** Removes what `write` made, so that one checkpoint is there at a time. */
  async clear(...names: string[]): Promise<void> {
    for (const name of names) {
      await rm(path.join(this.folder, name), { recursive: true, force: true });
      for (const end of ["", ".safetensors", ".gguf", ".npy", ".npz"]) {
        await rm(path.join(this.folder, `${name}-whole${end}`), { force: true });
      }
    }
  }

  async remove(): Promise<void> {
    await this.store.close();
    await rm(this.folder, { recursive: true, force: true });
    places.delete(this.folder);
  }
}

function noRoom(error: unknown): never {
  throw new Error(
    `${printable(tmpdir())}: no room for the checkpoint of a sweep (TMPDIR names another place): ${inWords(error)}`,
    { cause: error },
  );
}

async function writeStream(target: string, bytes: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
  const handle = await open(target, "wx", 0o600).catch(noRoom);
  try {
    for await (const piece of bytes) {
      signal.throwIfAborted();
      await handle.writeFile(piece).catch(noRoom);
    }
  } finally {
    await handle.close().catch(noRoom);
  }
}
