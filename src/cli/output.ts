import { rmSync } from "node:fs";
import { chmod, type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { WriteStream } from "node:tty";
import { printable } from "../base/printable.js";

/** Where results go. */
export interface Output {
  /** Width to lay tables out for. */
  readonly columns: number;
  readonly color: boolean;
  write(text: string): Promise<void>;
}

/** An output that somebody has to finish: `commit` makes it whole, `discard` leaves no trace of it. */
export interface OpenOutput extends Output {
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Nobody reads standard output any more (`| head`): an end, not a failure. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

const NARROWEST = 40;

export function standardOutput(broken: (reason: BrokenPipe) => void): OpenOutput {
  const stream = process.stdout as Partial<WriteStream> & NodeJS.WriteStream;
  const columns = stream.columns ?? Number(/^\d{1,4}$/.exec(process.env.COLUMNS ?? "")?.[0] ?? 80);
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") broken(new BrokenPipe());
  });
  return {
    columns: columns >= NARROWEST ? columns : 80,
    // Node's own reading of NO_COLOR, FORCE_COLOR and TERM.
    color: stream.isTTY === true && stream.hasColors?.() === true,
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (!error) resolve();
          else
            reject(
              (error as NodeJS.ErrnoException).code === "EPIPE"
                ? new BrokenPipe()
                : new Error(`standard output: ${reason(error)}`),
            );
        });
      }),
    commit: async () => undefined,
    discard: async () => undefined,
  };
}

/** Files to remove when the process ends before they are whole. */
const unfinished = new Set<string>();
process.on("exit", () => unfinished.forEach((file) => rmSync(file, { force: true })));

/**
 * `--output FILE`. All is written to a file beside it, which takes its name at `commit`; so FILE is never seen
 * half-written, and one that cannot be written is known before the work begins. A device or pipe is written straight.
 */
export async function fileOutput(given: string): Promise<OpenOutput> {
  try {
    const status = await stat(given).catch(() => null);
    if (status?.isDirectory()) throw new Error("a directory");
    if (status && !status.isFile()) return streamTo(await open(given, "w"), given, async () => undefined);
    // A link stays a link, to the new contents.
    const target = status ? await realpath(given) : path.resolve(given);
    const temporary = path.join(path.dirname(target), `.weightscope-${crypto.randomUUID()}.part`);
    const handle = await open(temporary, "wx", 0o666);
    unfinished.add(temporary);
    if (status) await chmod(temporary, status.mode & 0o777);
    return streamTo(handle, given, async (whole) => {
      if (whole) await rename(temporary, target);
      else await rm(temporary, { force: true });
      unfinished.delete(temporary);
    });
  } catch (error) {
    throw new Error(`${printable(given)}: cannot be written: ${reason(error)}`, { cause: error });
  }
}

function streamTo(handle: FileHandle, given: string, finish: (whole: boolean) => Promise<void>): OpenOutput {
  let written = false;
  const discard = async () => {
    await handle.close();
    await finish(false);
  };
  return {
    columns: 80,
    color: false,
    async write(text) {
      written = true;
      await handle.writeFile(text).catch((error) => {
        throw new Error(`${printable(given)}: ${reason(error)}`, { cause: error });
      });
    },
    // Nothing written is nothing to put in the place of what was there.
    async commit() {
      if (!written) return discard();
      await handle.sync().catch(() => undefined);
      await handle.close();
      await finish(true);
    },
    discard,
  };
}

const reasons: Record<string, string> = {
  ENOENT: "no such directory",
  ENOTDIR: "no such directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "read-only file system",
  ENOSPC: "no space left",
  EDQUOT: "no space left",
  ENAMETOOLONG: "the name is too long",
  EISDIR: "a directory",
  EFBIG: "too large for the file system",
};

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ""] ?? message;
}
