import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import type { LocalFile, OpenedLocalFile } from "./contract.js";
import { checkVersion, type StatusReader, versionOf } from "./file-version.js";

interface FileSystem extends StatusReader {
  openSync(path: string): number;
  readSync(file: number, target: Uint8Array, offset: number, length: number, position: number): number;
  closeSync(file: number): void;
}

const scope = globalThis as unknown as { process?: { getBuiltinModule?(name: string): FileSystem | undefined } };

/**
 * A file that this thread reads itself and may wait for; null where the host has no files, or where it is no longer the
 * one it was.
 */
export function openLocal({ path, start, version }: LocalFile, tensor: string): OpenedLocalFile | null {
  const files = scope.process?.getBuiltinModule?.("node:fs");
  if (!files) return null;
  let file: number;
  try {
    // Before it is opened: opening what has become a pipe would wait for ever.
    const status = files.statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!status || versionOf(status) !== version) return null;
    file = files.openSync(path);
  } catch {
    return null; // the pool has it open, and says what is wrong if it cannot read it either
  }
  return {
    fill(from, target) {
      for (let filled = 0; filled < target.length; ) {
        const bytes = files.readSync(file, target, filled, target.length - filled, start + from + filled);
        if (bytes === 0)
          throw new CheckpointError(
            "truncated",
            `${printable(path)}: tensor ${quoted(tensor)}: the file ended at byte ${start + from + filled}, it was ` +
              "longer when it was opened",
            { tensor },
          );
        filled += bytes;
      }
      checkVersion(files, file, path, version, tensor);
    },
    close: () => files.closeSync(file),
  };
}
