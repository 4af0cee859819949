import { rmSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Scratch } from "./contract.js";
import { readFully } from "./node-file.js";

/**
 * A temporary file that this user alone may read. Where the system lets an open file go nameless it does so at once,
 * and is gone however the process ends; elsewhere it is removed when it is closed, or at the exit.
 */
export async function createScratch(): Promise<Scratch> {
  const folder = await mkdtemp(path.join(tmpdir(), "weightscope-"));
  const file = path.join(folder, "stream");
  const atExit = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", atExit);
  const handle = await open(file, "wx+", 0o600);
  await rm(folder, { recursive: true }).catch(() => undefined);
  let length = 0;
  return {
    async append(bytes) {
      try {
        for (let written = 0; written < bytes.length; )
          written += (await handle.write(bytes, written, bytes.length - written, length + written)).bytesWritten;
      } catch (error) {
        const system = error instanceof Error && "code" in error ? String(error.code) : "failed";
        throw new CheckpointError(
          "no-room",
          `${printable(file)}: ${system === "ENOSPC" ? "no room left for the stream" : system}`,
          { cause: error },
        );
      }
      length += bytes.length;
    },
    read: (start, end) => readFully(handle, file, start, end),
    async close() {
      process.off("exit", atExit);
      await handle.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
