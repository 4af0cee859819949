import { openPath } from "#host";
import { bytesOf, inShort, kindOf, type Names, optionsOf } from "../base/arguments.js";
import { CheckpointError } from "../base/errors.js";
import { addressShown, quoted } from "../base/printable.js";
import type { Held } from "../bytes/http.js";
import { onceLocation, readOnce } from "../bytes/once.js";
import { remoteLocation } from "../bytes/remote.js";
import { blobSource, checkedSource, memorySource } from "../bytes/source.js";
import { type ChunkReader, drained, piecesOf } from "../bytes/spooled.js";
import type { Directory, Location, Source } from "../host/contract.js";
import type { ByteSource, Checkpoint, CheckpointInput, OpenOptions } from "../types.js";
import { OpenedCheckpoint, type RawCheckpoint } from "./checkpoint.js";
import { readStanding } from "./compressed/read.js";
import { directoryCheckpoint, shardSetOf } from "./directory.js";
import { examineHead } from "./early.js";
import { readNpy } from "./formats/npy.js";
import { readNpz } from "./formats/npz.js";
import { recognise, refuse } from "./formats/recognise.js";
import { openGguf } from "./gguf-split.js";
import { hubLocation } from "./hub.js";
import { shardNotes } from "./shard-notes.js";
import { missingShards, openIndex, openShardSet } from "./sharded.js";

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const NAMES = {
  ...{ signal: 1, fetch: 1, headers: 1, token: 1, backoff: 1, silence: 1, asStored: 1, once: 1, maxSpool: 1 },
} satisfies Names<OpenOptions>;

/**
 * Opens a checkpoint and reads only its header: a path, a directory, a `https://` URL,
 * `hf://owner/repo[@revision][/file]`, a Blob or File, bytes, a stream (kept in a temporary file until the checkpoint
 * is closed), or anything with a ByteSource's shape.
 * @throws CheckpointError where the input cannot be read or is malformed, before any large allocation.
 */
export async function openCheckpoint(input: CheckpointInput, options: OpenOptions = {}): Promise<Checkpoint> {
  return openRaw(input, optionsOf(options, "options", NAMES));
}

/** `openCheckpoint` with the stored bytes in reach. */
export async function openRaw(input: CheckpointInput, options: OpenOptions & Held = {}): Promise<RawCheckpoint> {
  optionsOf(options).signal?.throwIfAborted();
  if (typeof input === "string" || kindOf(input) === "URL") return openNamed(input as string | URL, options);
  const bytes = bytesOf(input);
  if (bytes) return openSource(checkedSource(memorySource(bytes)), options);
  if (kindOf(input) === "Blob" || kindOf(input) === "File")
    return openSource(checkedSource(blobSource(input as Blob)), options);
  const pieces = typeof input === "object" && input !== null ? chunksOf(input) : null;
  if (pieces) return openSource(checkedSource(await drainedCheckpoint(pieces, "stream", options)), options);
  if (isByteSource(input))
    return openSource(options.once ? readOnce(checkedSource(input)) : checkedSource(input), options);
  throw new TypeError(
    `a checkpoint is a path, a URL, a Blob, bytes, a stream of bytes or a ByteSource, not ${inShort(input)}`,
  );
}

/** A stream of a checkpoint, kept whole; one that begins as no checkpoint does is left at once. */
export function drainedCheckpoint(
  pieces: ChunkReader,
  name: string,
  { signal, maxSpool: limit }: Pick<OpenOptions, "signal" | "maxSpool">,
): Promise<Source> {
  return drained(pieces, name, { signal, limit, examine: examineHead });
}

/** A stream of the web's, or anything that yields bytes in order, as Node's streams do. */
function chunksOf(input: object): ChunkReader | null {
  if ("getReader" in input && typeof input.getReader === "function")
    return piecesOf(input as ReadableStream<Uint8Array>);
  if (!(Symbol.asyncIterator in input)) return null;
  const iterator = (input as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return {
    async next() {
      const { done, value } = await iterator.next();
      if (done) return null;
      const bytes = bytesOf(value);
      if (!bytes) throw new TypeError(`a stream of a checkpoint yields bytes, not ${inShort(value)}`);
      return bytes;
    },
    cancel: async () => void (await iterator.return?.()),
  };
}

function isByteSource(input: unknown): input is ByteSource {
  return (
    typeof input === "object" &&
    input !== null &&
    "read" in input &&
    typeof input.read === "function" &&
    "byteLength" in input
  );
}

async function openNamed(input: string | URL, options: OpenOptions & Held): Promise<RawCheckpoint> {
  const text = String(input);
  const remote = /^https?:\/\//i.test(text)
    ? remoteLocation(text, { ...options, examine: examineHead })
    : /^hf:\/\//i.test(text)
      ? await hubLocation(text, { ...options, examine: examineHead })
      : null;
  if (remote) return openLocation(options.once ? onceLocation(remote) : remote, options);
  // A letter and a colon is a Windows drive.
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme !== undefined && scheme !== "file")
    throw new CheckpointError(
      "unknown-scheme",
      `${quoted(addressShown(text))}: checkpoints are read from paths, https:// and hf:// addresses, not from ` +
        `${scheme}://`,
    );
  const found = await openPath(input);
  if (!("fileNames" in found)) return openLocation(found, options);
  return openDirectory(found, options);
}

/** A checkpoint among files that lie together: one file, or shards and their index. */
export async function openDirectory(directory: Directory, options: OpenOptions = {}): Promise<RawCheckpoint> {
  const shards = shardSetOf(directory.fileNames);
  if (shards)
    return openShardSet(
      shards.map((name) => directory.file(name)),
      options.asStored === true,
      options.signal,
    );
  const location = directoryCheckpoint(directory);
  const single = "model.safetensors";
  // An index that was left behind when its shards were put together.
  if (location.name.endsWith(".index.json") && directory.fileNames.includes(single)) {
    const missing = await missingShards(location, directory.fileNames, options.signal);
    if (missing.length > 0) {
      const { open, ...rest } = directoryCheckpoint({ ...directory, fileNames: [single] });
      return openSource(checkedSource(await open(options.signal)), options, { open, ...rest }, [
        `an index beside it names ${plural(missing.length, "shard")} that are not here: stale, and not followed`,
      ]);
    }
  }
  return openLocation(location, options);
}

async function openLocation(location: Location, options: OpenOptions): Promise<RawCheckpoint> {
  if (/\.index\.json$/i.test(location.name.replace(/[?#].*$/s, "")))
    return openIndex(location, options.asStored === true, options.signal);
  return openSource(checkedSource(await location.open(options.signal)), options, location);
}

/** Closes the source again where it holds no checkpoint. */
async function openSource(
  source: Source,
  options: OpenOptions,
  location: Location | null = null,
  notes: readonly string[] = [],
): Promise<RawCheckpoint> {
  const { name, byteLength } = source;
  const files = [source];
  try {
    const format = await recognise(source, options.signal);
    switch (format) {
      case "safetensors": {
        const { format, tensors, metadata } = await readStanding(source, options.asStored === true, options.signal);
        return new OpenedCheckpoint({ name, format, byteLength, metadata, tensors, files }).found(location, [
          ...notes,
          ...shardNotes(name),
        ]);
      }
      case "gguf":
        return await openGguf(source, location, options.signal);
      case "npy": {
        const array = name.replace(/\.npy$/i, "");
        const tensors = [await readNpy(source, array, name, (offset) => offset, options.signal)];
        return new OpenedCheckpoint({ name, format, byteLength, metadata: {}, tensors, files });
      }
      case "npz": {
        const tensors = await readNpz(source, options.signal);
        return new OpenedCheckpoint({ name, format, byteLength, metadata: {}, tensors, files });
      }
      default:
        throw refuse(format, name);
    }
  } catch (error) {
    await source.close?.();
    throw error;
  }
}
