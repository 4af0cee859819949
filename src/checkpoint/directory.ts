import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";
import type { Directory, Location } from "../host/contract.js";
import { SHARD } from "./shard-notes.js";

/**
 * The checkpoint of a directory: an index of shards before a single file; several of a kind are the caller's to choose
 * from.
 */
export function directoryCheckpoint(given: Directory): Location {
  const { file } = given;
  // Sidecars of a Mac's file system, and other hidden files, are no checkpoints.
  const fileNames = given.fileNames.filter((name) => !name.startsWith("."));
  const directory: Directory = {
    name: given.name,
    fileNames,
    file: (name) => ({ ...file(name), list: () => Promise.resolve(fileNames) }),
  };
  const preferred = ["model.safetensors.index.json", "model.safetensors"].find((name) => fileNames.includes(name));
  if (preferred !== undefined) return directory.file(preferred);
  for (const kind of [/\.safetensors\.index\.json$/i, /\.safetensors$/i]) {
    const matching = fileNames.filter((name) => kind.test(name));
    if (matching.length === 1) return directory.file(matching[0]);
    if (matching.length > 1) throw ambiguous(directory.name, matching);
  }
  const gguf = fileNames.filter((name) => /\.gguf$/i.test(name));
  // Of a split file any part leads to the others.
  const whole = new Set(gguf.map((name) => name.replace(/-\d{5}(-of-\d{5}\.gguf)$/i, "$1")));
  if (whole.size > 1) throw ambiguous(directory.name, gguf);
  if (whole.size === 1) return directory.file(gguf[0]);
  const arrays = fileNames.filter((name) => /\.np[yz]$/i.test(name));
  if (arrays.length > 1) throw ambiguous(directory.name, arrays);
  if (arrays.length === 1) return directory.file(arrays[0]);
  const pickle = fileNames.find((name) => /\.(pt|pth|ckpt|bin)$/i.test(name));
  if (pickle !== undefined) return directory.file(pickle);
  throw new CheckpointError(
    "no-checkpoint",
    `${printable(directory.name)}: no checkpoint in this directory (looked for .safetensors, .gguf, .npz and .npy)`,
  );
}

function ambiguous(directory: string, names: readonly string[]): CheckpointError {
  const shown = names
    .slice(0, 6)
    .map((name) => quoted(name, 80))
    .join(", ");
  const more = names.length > 6 ? `, and ${names.length - 6} more` : "";
  return new CheckpointError(
    "ambiguous",
    `${printable(directory)}: several checkpoints, name one of them: ${shown}${more}`,
  );
}

/** The shards of a directory that has neither an index nor another safetensors file; null where that is not so. */
export function shardSetOf(fileNames: readonly string[]): string[] | null {
  const found = fileNames.filter((name) => /\.safetensors(?:\.index\.json)?$/i.test(name) && !name.startsWith("."));
  const sets = new Set(found.map((name) => SHARD.exec(name)?.toSpliced(0, 1).toSpliced(1, 1).join("/")));
  return found.length > 1 && sets.size === 1 && !sets.has(undefined) ? found.sort() : null;
}
