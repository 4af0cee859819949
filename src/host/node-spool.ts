import { rmSync } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Scratch } from "./contract.js";
import { readFully } from "./node-file.js";
import { inWords } from "./system-errors.js";

/** Folders to remove at the exit: one listener for all, however many streams there are. */
const folders = new Set<string>();
let listening = false;

async function temporaryFile(): Promise<{ folder: string; file: string; handle: FileHandle }> {
  try {
    const folder = await mkdtemp(path.join(tmpdir(), "weightscope-"));
    folders.add(folder);
    if (!listening) process.once("exit", () => folders.forEach((one) => rmSync(one, { recursive: true, force: true })));
    listening = true;
    const file = path.join(folder, "stream");
    const handle = await open(file, "wx+", 0o600);
    await rm(folder, { recursive: true }).catch(() => undefined);
    return { folder, file, handle };
  } catch (error) {
    throw new CheckpointError(
      "no-room",
      `${printable(tmpdir())}: no room for a temporary file (TMPDIR names another place): ${inWords(error)}`,
      { cause: error },
    );
  }
}

/**
 * A temporary file that this user alone may read. Where the system lets an open file go nameless it does so at once,
 * and is gone however the process ends; elsewhere it is removed when it is closed, or at the exit.
 */
export async function createScratch(): Promise<Scratch> {
  const { folder, file, handle } = await temporaryFile();
  let length = 0;
  return {
    async append(bytes) {
      try {
        for (let written = 0; written < bytes.length; )
          written += (await handle.write(bytes, written, bytes.length - written, length + written)).bytesWritten;
      } catch (error) {
        throw new CheckpointError("no-room", `${printable(file)}: no room for the stream: ${inWords(error)}`, {
          cause: error,
        });
      }
      length += bytes.length;
    },
    read: (start, end) => readFully(handle, file, start, end),
    async close() {
      await handle.close();
      await rm(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
  };
}
