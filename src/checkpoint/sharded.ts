import { CheckpointError } from "../base/errors.js";
import { quoted } from "../base/printable.js";
import { checkedSource } from "../bytes/source.js";
import type { Location, Source } from "../host/contract.js";
import { type IndexFile, OpenedCheckpoint, type RawCheckpoint } from "./checkpoint.js";
import { HEADER_TENSOR } from "./compressed/metadata.js";
import { readStanding, type StandingTensor } from "./compressed/read.js";
import { malformed } from "./fail.js";
import { JsonError, JsonReader } from "./formats/json.js";
import { recognise, refuse } from "./formats/recognise.js";
import { leftOutNotes, missingNotes, SHARD, unnamedNotes } from "./shard-notes.js";

const MAXIMUM_INDEX = 100_000_000;
/** Four times what one file may hold. */
const MAXIMUM_NAMES = 2_000_000;
/** Above any real model's, below a process's limit of open files. */
const MAXIMUM_SHARDS = 1000;
const OPENED_TOGETHER = 8;

interface ShardIndex {
  file: IndexFile;
  metadata: Record<string, unknown>;
  shardOf: Map<string, string>;
}

/**
 * A `model.safetensors.index.json` and the shards beside it. Only tensors that the index names are kept, each from the
 * shard it names. A shard that is not there leaves a checkpoint of the others, which says so; none at all is an error,
 * and so is any where the files are wanted as they are.
 */
export async function openIndex(location: Location, asStored: boolean, signal?: AbortSignal): Promise<RawCheckpoint> {
  const index = await readIndex(location, signal);
  const named = [...new Set(index.shardOf.values())];
  const opened: (Source | undefined)[] = new Array(named.length);
  try {
    const read: (Awaited<ReturnType<typeof readStanding>> | undefined)[] = new Array(named.length);
    let absent: CheckpointError | null = null;
    let next = 0;
    const openShards = async () => {
      while (next < named.length) {
        const i = next++;
        const found = await openShard(location.sibling(named[i]), signal);
        if (found instanceof CheckpointError) {
          absent ??= found;
          continue;
        }
        const source = checkedSource(found);
        opened[i] = source;
        const format = await recognise(source, signal);
        if (format === "git-lfs" || format === "html") throw refuse(format, source.name);
        read[i] = await readStanding(source, asStored, signal);
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: OPENED_TOGETHER }, openShards));
    for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
    const missing = named.filter((_, i) => !opened[i]);
    if (absent && (asStored || missing.length === named.length)) throw absent;
    const shards = named.filter((_, i) => opened[i]);
    const sources = opened.filter((source) => source !== undefined);
    const headers = read.filter((header) => header !== undefined);
    const kept = headers.flatMap(({ tensors }, i) =>
      tensors.filter((tensor) => index.shardOf.get(partsOf(tensor)[0]) === shards[i]),
    );
    const found = new Set(kept.flatMap(partsOf));
    for (const [tensor, shard] of index.shardOf) {
      if (found.has(tensor) || missing.includes(shard)) continue;
      const what = `the index says it is in ${quoted(shard)}, which does not hold it`;
      throw malformed("index-mismatch", baseName(location), what, { tensor });
    }
    const byteLength = sources.reduce((sum, source) => sum + source.byteLength, 0);
    return new OpenedCheckpoint({
      name: baseName(location),
      format: headers[0]?.format ?? "safetensors",
      byteLength,
      metadata: Object.fromEntries(
        [...headers.map(({ metadata }) => metadata), index.metadata].flatMap(Object.entries),
      ),
      tensors: kept,
      files: sources,
      index: index.file,
      missing,
    }).found(location, [
      ...missingNotes(missing, named.length, [...index.shardOf.values()].filter((one) => missing.includes(one)).length),
      ...shards.flatMap((shard, i) => leftOutNotes(shard, leftOutOf(headers[i].tensors, index.shardOf, shard))),
      ...unnamedNotes((await location.list?.()) ?? [], shards),
    ]);
  } catch (error) {
    await Promise.all(opened.map((source) => source?.close?.()));
    throw error;
  }
}

/** A shard's source, or the error that says that there is none. */
async function openShard(shard: Location, signal?: AbortSignal): Promise<Source | CheckpointError> {
  try {
    return await shard.open(signal);
  } catch (error) {
    if (error instanceof CheckpointError && error.code === "not-found") return error;
    throw error;
  }
}

/** Tensors of a shard that the index does not have there. */
const leftOutOf = (tensors: readonly StandingTensor[], shardOf: ReadonlyMap<string, string>, shard: string): number =>
  tensors.filter((tensor) => shardOf.get(partsOf(tensor)[0]) !== shard).length;

/** The shards that an index names and that are not among these files; none where they cannot be listed. */
export async function missingShards(
  location: Location,
  fileNames: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const { shardOf } = await readIndex(location, signal);
  const names = new Set(fileNames);
  return [...new Set(shardOf.values())].filter((shard) => !shard.includes("/") && !names.has(shard));
}

/** Shards that belong together by their names, without an index. */
export async function openShardSet(
  locations: readonly Location[],
  asStored: boolean,
  signal?: AbortSignal,
): Promise<RawCheckpoint> {
  const sources: Source[] = [];
  try {
    const tensors: StandingTensor[] = [];
    const metadata: Record<string, unknown>[] = [];
    const seen = new Set<string>();
    for (const location of locations) {
      const source = checkedSource(await location.open(signal));
      sources.push(source);
      const format = await recognise(source, signal);
      if (format === "git-lfs" || format === "html") throw refuse(format, source.name);
      const header = await readStanding(source, asStored, signal);
      metadata.push(header.metadata);
      for (const tensor of header.tensors) {
        const { name } = tensor.info;
        if (name === HEADER_TENSOR) continue;
        if (seen.has(name))
          throw malformed("duplicate-tensor", source.name, "an earlier shard has it too", { tensor: name });
        seen.add(name);
        tensors.push(tensor);
      }
    }
    const all = Number(SHARD.exec(baseName(locations[0]))![3]);
    const note =
      locations.length === all
        ? `no index: ${all} shards were put together by their names`
        : `${locations.length} of ${all} shards: the others are not here, and figures are of these alone`;
    return new OpenedCheckpoint({
      name: baseName(locations[0]).replace(SHARD, "$1.safetensors"),
      format: "safetensors",
      byteLength: sources.reduce((sum, source) => sum + source.byteLength, 0),
      metadata: Object.fromEntries(metadata.flatMap(Object.entries)),
      tensors,
      files: sources,
    }).found(locations[0], [note]);
  } catch (error) {
    await Promise.all(sources.map((source) => source.close?.()));
    throw error;
  }
}

/** What the index names of a tensor. */
const partsOf = ({ info, parts }: StandingTensor): readonly string[] => parts ?? [info.name];

async function readIndex(location: Location, signal?: AbortSignal): Promise<ShardIndex> {
  const source = checkedSource(await location.open(signal));
  try {
    if (source.byteLength > MAXIMUM_INDEX)
      throw malformed(
        "header-too-large",
        source.name,
        `an index of ${source.byteLength} bytes, more than ${MAXIMUM_INDEX}`,
      );
    const bytes = await source.read(0, source.byteLength, signal);
    return { ...parseIndex(bytes, source.name), file: { name: source.name, bytes } };
  } finally {
    await source.close?.();
  }
}

function parseIndex(bytes: Uint8Array, file: string): Omit<ShardIndex, "file"> {
  let metadata: Record<string, unknown> = {};
  const shardOf = new Map<string, string>();
  let mapped = false;
  try {
    const reader = new JsonReader(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    reader.object((key) => {
      if (key === "weight_map") {
        mapped = true;
        reader.object((tensor) => {
          shardOf.set(tensor, shardName(reader.string(), tensor, file));
          if (shardOf.size > MAXIMUM_NAMES)
            throw malformed("header-too-large", file, `the index names more than ${MAXIMUM_NAMES} tensors`);
        });
      } else if (key === "metadata" && reader.peek() === "object") metadata = reader.value() as Record<string, unknown>;
      else reader.skip();
    });
    reader.end();
  } catch (error) {
    if (error instanceof JsonError)
      throw malformed("invalid-index", file, `the index is not valid: ${error.message}, character ${error.position}`);
    if (error instanceof TypeError) throw malformed("invalid-index", file, "the index is not UTF-8");
    throw error;
  }
  if (!mapped) throw malformed("invalid-index", file, "the index has no weight_map");
  const shards = new Set(shardOf.values()).size;
  if (shards > MAXIMUM_SHARDS) throw malformed("too-many-files", file, `${shards} shards, more than ${MAXIMUM_SHARDS}`);
  return { metadata, shardOf };
}

/**
 * A file name, or several that lead below the directory: no other separator, no drive, nothing that climbs. So no shard
 * lies outside the index's directory.
 */
function shardName(name: string, tensor: string, file: string): string {
  const parts = name.split("/");
  if (
    name.length > 255 ||
    /[\\:\p{Cc}]/u.test(name) ||
    parts.some((part) => part === "" || /^(?:\.|%2e){1,2}$/i.test(part))
  )
    throw malformed("unsafe-path", file, `the shard's name ${quoted(name)} is no plain file name`, { tensor });
  return name;
}

function baseName(location: Location): string {
  return location.name
    .replace(/[?#].*$/s, "")
    .replace(/[/\\]+$/, "")
    .split(/[/\\]/)
    .pop()!;
}
