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
 * @throws CheckpointError with the code "changed", or "truncated" where the file is shorter now
 */
export function checkVersion(files: StatusReader, file: number, path: string, version: string, tensor?: string): void {
  const open = files.fstatSync(file, { bigint: true });
  const now = files.statSync(path, { bigint: true, throwIfNoEntry: false });
  if (versionOf(open) === version && (!now || versionOf(now) === version)) return;
  const shorter = open.size < BigInt(version.split(":")[2]);
  const what = shorter
    ? `the file ended at byte ${open.size}, it was longer when it was opened`
    : "the file changed while it was read";
  const where = tensor === undefined ? "" : `tensor ${quoted(tensor)}: `;
  throw new CheckpointError(shorter ? "truncated" : "changed", `${printable(path)}: ${where}${what}`, { tensor });
}
