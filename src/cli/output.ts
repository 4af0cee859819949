import { constants, rmSync } from "node:fs";
import { chmod, type FileHandle, lstat, mkdir, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { WriteStream } from "node:tty";
import { printable } from "../base/printable.js";
import { inWords, systemCode } from "../host/system-errors.js";

/** Where results go. */
export interface Output {
  /** Width to lay tables out for. */
  readonly columns: number;
  readonly color: boolean;
  write(text: string): Promise<void>;
}

/** An output that somebody has to finish: `commit` makes it whole, `discard` leaves no trace of it. */
export interface OpenOutput extends Output {
  writeBytes(bytes: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Nobody reads standard output any more (`| head`): an end, not a failure. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

const NARROWEST = 40;

/**
 * Standard output as a command writes to it: 80 columns where nothing says how wide it is; `broken` is called where the
 * reader is gone (`| head`).
 */
export function standardOutput(broken: (reason: BrokenPipe) => void): OpenOutput {
  const stream = process.stdout as Partial<WriteStream> & NodeJS.WriteStream;
  const columns = stream.columns ?? Number(/^\d{1,4}$/.exec(process.env.COLUMNS ?? "")?.[0] ?? 80);
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") broken(new BrokenPipe());
  });
  return {
    columns: columns >= NARROWEST ? columns : 80,
    color: wantsColor(stream, process.env),
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
    writeBytes: () => Promise.reject(new Error("standard output takes text")),
    commit: async () => undefined,
    discard: async () => undefined,
  };
}

/**
 * As their conventions say: FORCE_COLOR, not empty, decides (0 and false are no); then NO_COLOR, not empty, is no; then
 * it is what the terminal can.
 */
export function wantsColor(
  stream: Pick<Partial<WriteStream>, "isTTY" | "hasColors">,
  environment: NodeJS.ProcessEnv,
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: none, ...others } = environment;
  if (force) return force !== "0" && force !== "false";
  if (none || environment.TERM === "dumb") return false;
  return stream.isTTY === true && stream.hasColors?.(others) === true;
}

/** Files to remove when the process ends before they are whole. */
const unfinished = new Set<string>();
process.on("exit", () => unfinished.forEach((file) => rmSync(file, { force: true, recursive: true })));

/** A new directory beside `target`, under whose name it stands after `commit`. */
export async function directoryOutput(
  target: string,
): Promise<{ path: string; commit(): Promise<void>; discard(): Promise<void> }> {
  const refused = (error: unknown) =>
    new Error(`${printable(target)}: cannot be written: ${reason(error)}`, { cause: error });
  const whole = await targetOf(target).catch((error) => {
    throw refused(error);
  });
  const temporary = path.join(path.dirname(whole), `.weightscope-${crypto.randomUUID()}.part`);
  await mkdir(temporary).catch((error) => {
    throw refused(error);
  });
  unfinished.add(temporary);
  return {
    path: temporary,
    async commit() {
      await rename(temporary, whole);
      unfinished.delete(temporary);
    },
    async discard() {
      await rm(temporary, { force: true, recursive: true });
      unfinished.delete(temporary);
    },
  };
}

/**
 * `--output FILE`. All is written to a file beside it, which takes its name at `commit`; so FILE is never seen
 * half-written, and one that cannot be written is known before the work begins. A device or pipe is written straight.
 */
export async function fileOutput(given: string, signal: AbortSignal): Promise<OpenOutput> {
  try {
    const status = await stat(given).catch(absent);
    if (status?.isDirectory()) throw new Error("a directory");
    if (status && !status.isFile()) return streamTo(await openDevice(given, status.isFIFO(), signal), given, null);
    const target = await targetOf(given);
    const temporary = path.join(path.dirname(target), `.weightscope-${crypto.randomUUID()}.part`);
    const handle = await open(temporary, "wx", 0o666);
    unfinished.add(temporary);
    if (status) await chmod(temporary, status.mode & 0o777);
    return streamTo(handle, given, async (whole) => {
      try {
        if (whole) await rename(temporary, target);
      } finally {
        // Where it has its name there is nothing left to remove.
        await rm(temporary, { force: true });
        unfinished.delete(temporary);
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${printable(given)}: cannot be written: ${reason(error)}`, { cause: error });
  }
}

function absent(error: unknown): null {
  if (systemCode(error) === "ENOENT") return null;
  throw error;
}

/** A link stays a link, to the new contents: also one that leads to nothing yet. */
export async function targetOf(given: string): Promise<string> {
  let target = path.resolve(given);
  for (let links = 0; links <= MOST_LINKS; links++) {
    target = path.join(await realpath(path.dirname(target)), path.basename(target));
    const status = await lstat(target).catch(absent);
    if (!status?.isSymbolicLink()) return target;
    target = path.resolve(path.dirname(target), await readlink(target));
  }
  throw new Error("links that lead round in a circle");
}

const ENCODER = new TextEncoder();
/** Bytes of a text's piece that are written at once, at most. */
const ROOM = 1 << 18;
/** As Linux has it. */
const MOST_LINKS = 40;
/** Milliseconds between looks for a reader of a pipe. */
const READER_LOOK = 50;

/** Opening a pipe that nobody reads yet would hold a thread where no signal reaches it: this waits outside. */
async function openDevice(given: string, pipe: boolean, signal: AbortSignal): Promise<FileHandle> {
  while (pipe) {
    signal.throwIfAborted();
    try {
      const probe = await open(given, constants.O_WRONLY | constants.O_NONBLOCK);
      const handle = await open(given, "w");
      await probe.close();
      return handle;
    } catch (error) {
      if (systemCode(error) !== "ENXIO") throw error;
      await new Promise((resolve) => setTimeout(resolve, READER_LOOK));
    }
  }
  return open(given, "w");
}

/** `finish` null: not a file of ours, so there is nothing to make whole or to remove. */
function streamTo(handle: FileHandle, given: string, finish: ((whole: boolean) => Promise<void>) | null): OpenOutput {
  let written = false;
  const said = (error: unknown): Error => new Error(`${printable(given)}: ${reason(error)}`, { cause: error });
  const writeBytes = async (bytes: Uint8Array): Promise<void> => {
    written = true;
    await handle.writeFile(bytes).catch((error) => {
      throw said(error);
    });
  };
  let room = new Uint8Array(0);
  const write = async (text: string): Promise<void> => {
    // One room for all pieces of a text: those of a long report would be left to a collector that does not see them.
    const most = 3 * text.length;
    if (most > ROOM) return writeBytes(ENCODER.encode(text));
    if (most > room.length) room = new Uint8Array(ROOM);
    await writeBytes(room.subarray(0, ENCODER.encodeInto(text, room).written));
  };
  const discard = async () => {
    await handle.close().catch(() => undefined);
    await finish?.(false);
  };
  return {
    columns: 80,
    color: false,
    write,
    writeBytes,
    // Nothing written is nothing to put in the place of what was there.
    async commit() {
      if (!written) return discard();
      try {
        // What the disk did not take is known here at the latest. Devices and pipes keep nothing to wait for.
        if (finish) await handle.sync();
        await handle.close();
        await finish?.(true);
      } catch (error) {
        await discard().catch(() => undefined);
        throw said(error);
      }
    },
    discard,
  };
}

function reason(error: unknown): string {
  // What is missing is never the file itself.
  if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return "no such directory";
  return inWords(error);
}
