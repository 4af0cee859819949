import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Log } from "./contract.js";
import { readFully } from "./node-file.js";

/** A file to append to, held by a lock beside it; or, to read only, as it is. */
export async function openLog(file: string, { write }: { write: boolean }): Promise<Log> {
  const unlock = write ? await lock(file) : async () => undefined;
  let handle: FileHandle;
  try {
    handle = await open(file, write ? "a+" : "r");
  } catch (error) {
    await unlock();
    throw unusable(file, error);
  }
  const { size } = await handle.stat();
  return {
    byteLength: size,
    read: (start, end) => readFully(handle, file, start, end),
    async append(bytes) {
      try {
        for (let written = 0; written < bytes.length; ) {
          const { bytesWritten } = await handle.write(bytes, written, bytes.length - written);
          written += bytesWritten;
        }
      } catch (error) {
        throw unusable(file, error);
      }
    },
    sync: () => handle.datasync(),
    async close() {
      await handle.close();
      await unlock();
    },
  };
}

/**
 * A file `….lock` that names its holder. One whose process on this machine has ended is taken over, as after SIGKILL.
 * @throws CheckpointError "locked" where somebody holds it.
 */
async function lock(file: string): Promise<() => Promise<void>> {
  const path = `${file}.lock`;
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(path, "wx");
      await handle.writeFile(JSON.stringify({ host: hostname(), process: process.pid }));
      await handle.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw unusable(path, error);
    }
    const holder = await holderOf(path);
    if (tries > 0 || holder !== "ended")
      throw new CheckpointError(
        "locked",
        `${printable(file)}: ${holder === "ended" ? "another process" : holder} writes to it; ` +
          `if none does, remove ${printable(path)}`,
      );
    await rm(path, { force: true });
  }
}

/** Who holds a lock, in words; "ended" where that process of this machine is gone. */
async function holderOf(path: string): Promise<string> {
  let holder: { host?: unknown; process?: unknown };
  try {
    holder = JSON.parse(await readFile(path, "utf8"));
  } catch {
    return "another process";
  }
  if (typeof holder.process !== "number" || !Number.isSafeInteger(holder.process)) return "another process";
  if (holder.host !== hostname()) return `process ${holder.process} of ${printable(String(holder.host), 80)}`;
  try {
    process.kill(holder.process, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return "ended";
  }
  return `process ${holder.process}`;
}

function unusable(file: string, error: unknown): CheckpointError {
  const system = error instanceof Error && "code" in error ? String(error.code) : "failed";
  const words: Record<string, string> = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    EISDIR: "a directory, not a file",
    ENOSPC: "no room left",
  };
  return new CheckpointError("journal-failed", `${printable(file)}: ${words[system] ?? system}`, { cause: error });
}
