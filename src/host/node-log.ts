import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Log } from "./contract.js";
import { refuseIrregular } from "./file-kind.js";
import { readFully } from "./node-file.js";
import { inWords, systemCode } from "./system-errors.js";

/** A file to append to, held by a lock beside it; or, to read only, as it is. */
export async function openLog(file: string, { write }: { write: boolean }): Promise<Log> {
  const said = (error: unknown): never => {
    throw unusable(file, error);
  };
  await refuseIrregular(file).catch(said);
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
      // Again and again until all is written: a single write may take less.
      await handle.appendFile(bytes).catch(said);
    },
    sync: () => handle.datasync().catch(said),
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
      const unlock = () => rm(path, { force: true });
      try {
        const holder = { host: hostname(), process: process.pid, began: await beginningOf(process.pid) };
        await handle.writeFile(JSON.stringify(holder));
      } catch (error) {
        await unlock();
        throw error;
      } finally {
        await handle.close();
      }
      return unlock;
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw unusable(path, error);
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
  let holder: { host?: unknown; process?: unknown; began?: unknown };
  try {
    await refuseIrregular(path);
    holder = JSON.parse(await readFile(path, "utf8"));
  } catch {
    return "another process";
  }
  if (typeof holder.process !== "number" || !Number.isSafeInteger(holder.process)) return "another process";
  if (holder.host !== hostname()) return `process ${holder.process} of ${printable(String(holder.host), 80)}`;
  // A container that is started again has its host's name and, as a rule, the same number for the process.
  const began = await beginningOf(holder.process);
  if (began === null || (began && holder.began && began !== holder.began)) return "ended";
  try {
    process.kill(holder.process, 0);
  } catch (error) {
    if (systemCode(error) === "ESRCH") return "ended";
  }
  return `process ${holder.process}`;
}

/**
 * When a process began, in the ticks of Linux's proc(5); null where it has ended and its parent has not asked for it,
 * undefined where the system does not say.
 */
async function beginningOf(process: number): Promise<string | null | undefined> {
  const status = await readFile(`/proc/${process}/stat`, "latin1").catch(() => undefined);
  // After its name, which may hold anything.
  const fields = status?.slice(status.lastIndexOf(")") + 2).split(" ");
  return fields && (/^[ZX]/.test(fields[0]) ? null : fields[19]);
}

const unusable = (file: string, error: unknown): CheckpointError =>
  new CheckpointError("journal-failed", `${printable(file)}: ${inWords(error)}`, { cause: error });
