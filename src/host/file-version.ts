import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";

interface Status {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
}

/** The part of `node:fs` that this needs; a worker, which imports nothing of Node, gets it from the process. */
export interface StatusReader {
  fstatSync(file: number, options: { bigint: true }): Status;
  statSync(path: string, options: { bigint: true; throwIfNoEntry: false }): Status | undefined;
}

/** Device, inode, length and time of the last write: what tells a file from another, and from itself written to. */
export const versionOf = ({ dev, ino, size, mtimeNs }: Status): string => `${dev}:${ino}:${size}:${mtimeNs}`;

/**
 * An open file must still be what it was when it was opened, and its path lead to no other. One that is removed stays
 * readable, and is no error.
 * @throws CheckpointError with the code "changed"
 */
export function checkVersion(files: StatusReader, file: number, path: string, version: string, tensor?: string): void {
  const now = files.statSync(path, { bigint: true, throwIfNoEntry: false });
  if (versionOf(files.fstatSync(file, { bigint: true })) === version && (!now || versionOf(now) === version)) return;
  const where = tensor === undefined ? "" : `tensor ${quoted(tensor)}: `;
  throw new CheckpointError("changed", `${printable(path)}: ${where}the file changed while it was read`, { tensor });
}
