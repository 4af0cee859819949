import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { CheckpointError } from "../base/errors.js";
import { quoted } from "../base/printable.js";
import { directoryCheckpoint, shardSetOf } from "../checkpoint/directory.js";
import { inWords } from "../host/system-errors.js";
import { UsageError } from "./command.js";

/** A source that the page opens: its address there, and the files behind it by their paths in a URL. */
export interface ServedSource {
  /** `null`: an address of another server, as it is. */
  path: string | null;
  address: string;
  files: Map<string, string>;
}

const PART = /\.(safetensors|gguf|np[yz]|index\.json)$/i;
/** What says how weights are stored, and is read beside them. */
const CONFIGURATION = /^(?:\w+_)?config\.json$/i;

/**
 * A file, or the checkpoint of a directory. Served are that file, what it is made of and the configurations beside it;
 * nothing else of the directory.
 */
export async function servedSource(source: string): Promise<ServedSource> {
  if (/^(https?|hf):\/\//i.test(source)) return { path: null, address: source, files: new Map() };
  if (source === "-") throw new UsageError("a page cannot read standard input: name a file");
  const found = await stat(source).catch((error: NodeJS.ErrnoException) => {
    throw new CheckpointError(
      error.code === "ENOENT" ? "not-found" : "not-readable",
      `${quoted(source)}: ${error.code === "ENOENT" ? "no such file" : inWords(error)}`,
      { cause: error },
    );
  });
  const directory = found.isDirectory() ? source : path.dirname(source);
  const names = await readdir(directory);
  const chosen = found.isDirectory() ? chosenOf(source, names) : path.basename(source);
  const whole = found.isDirectory() || /\.index\.json$|-\d{5}-of-\d{5}\./i.test(chosen);
  const shown = names.filter((name) => name === chosen || CONFIGURATION.test(name) || (whole && PART.test(name)));
  const pathOf = (name: string): string => `/source/${encodeURIComponent(name)}`;
  return {
    path: pathOf(chosen),
    address: chosen,
    files: new Map(shown.map((name) => [pathOf(name), path.join(directory, name)])),
  };
}

function chosenOf(directory: string, names: string[]): string {
  const shards = shardSetOf(names);
  if (shards) return shards[0];
  const file = (name: string) => ({
    name,
    open: () => Promise.reject(new Error("not opened here")),
    sibling: (other: string) => file(other),
  });
  return directoryCheckpoint({ name: directory, fileNames: names, file }).name;
}
