import { fstatSync, statSync } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import type { Directory, Location, Source } from "./contract.js";
import { checkVersion, versionOf } from "./file-version.js";
import { inWords, systemCode } from "./system-errors.js";

/** A path, or a `file:` URL, as a file or a directory of files. */
export async function openPath(input: string | URL): Promise<Location | Directory> {
  const given = typeof input === "object" || /^file:\/\//i.test(input) ? pathOf(input) : input;
  const status = await explained(given, () => stat(given));
  if (!status.isDirectory()) return location(given);
  const fileNames = (await explained(given, () => readdir(given))).sort();
  return { name: given, fileNames, file: (fileName) => location(path.join(given, fileName)) };
}

function pathOf(input: URL | string): string {
  try {
    return fileURLToPath(input);
  } catch (error) {
    const why = systemCode(error) === "ERR_INVALID_FILE_URL_HOST" ? "names another machine" : "leads to no path";
    throw new CheckpointError("bad-url", `${quoted(String(input))}: a file: address that ${why}`, { cause: error });
  }
}

function location(file: string): Location {
  return {
    name: file,
    open: () => explained(file, () => fileSource(file)),
    sibling: (fileName) => location(path.join(path.dirname(file), fileName)),
    list: () => explained(file, () => readdir(path.dirname(file))),
  };
}

const notAFile = (file: string, what: string): CheckpointError =>
  new CheckpointError("not-a-file", `${printable(file)}: ${what}`);

async function fileSource(file: string): Promise<Source> {
  // Looked at before it is opened: opening a pipe waits for whoever writes into it, where nothing can interrupt.
  const kind = await stat(file);
  if (kind.isFIFO()) throw notAFile(file, "a pipe, not a file: redirect it to standard input, and read from -");
  if (!kind.isFile()) throw notAFile(file, "not a regular file");
  const handle = await open(file, "r");
  const status = await handle.stat({ bigint: true });
  if (!status.isFile()) {
    await handle.close();
    throw notAFile(file, "not a regular file");
  }
  const version = versionOf(status);
  const absolute = path.resolve(file);
  return {
    name: path.basename(file),
    path: absolute,
    version,
    tag: String(status.mtimeNs),
    byteLength: Number(status.size),
    async read(start, end, signal, _until, into) {
      signal?.throwIfAborted();
      const bytes = await readFully(handle, file, start, end, into);
      checkVersion({ fstatSync, statSync }, handle.fd, absolute, version);
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Bytes [start, end) of an open file, all of them, in `into` where they fit. */
export async function readFully(
  handle: FileHandle,
  file: string,
  start: number,
  end: number,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const length = end - start;
  const bytes = into && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await explained(file, () =>
      handle.read(bytes, filled, bytes.length - filled, start + filled),
    );
    if (bytesRead === 0)
      throw new CheckpointError(
        "truncated",
        `${printable(file)}: the file ended at byte ${start + filled}, it was longer when it was opened`,
      );
    filled += bytesRead;
  }
  return bytes;
}

const codes: Record<string, string> = {
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  ENAMETOOLONG: "not-found",
  ERR_INVALID_ARG_VALUE: "not-found",
  EISDIR: "not-a-file",
  EMFILE: "too-many-files",
  ENFILE: "too-many-files",
};

/** The system's errors in words, with the path as it was given. */
async function explained<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const system = systemCode(error);
    if (error instanceof CheckpointError || system === "") throw error;
    throw new CheckpointError(codes[system] ?? "not-readable", `${printable(file)}: ${inWords(error)}`, {
      cause: error,
    });
  }
}
