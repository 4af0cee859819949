import type { Source } from "../bytes/source.js";

/** Where a checkpoint was found: something to open, with neighbours that a shard index may name. */
export interface Location {
  /** As the caller wrote it, for messages. */
  readonly name: string;
  open(signal?: AbortSignal): Promise<Source>;
  /** A file of the same directory. `fileName` is a plain name, checked by the caller. */
  sibling(fileName: string): Location;
}

/** A directory: a location of each of its files. */
export interface Directory {
  readonly name: string;
  readonly fileNames: readonly string[];
  file(fileName: string): Location;
}
