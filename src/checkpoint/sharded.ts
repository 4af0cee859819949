import { quoted } from "../base/printable.js";
import { checkedSource } from "../bytes/source.js";
import type { Location, Source } from "../host/contract.js";
import { OpenedCheckpoint, type RawCheckpoint, type StoredTensor } from "./checkpoint.js";
import { malformed } from "./fail.js";
import { JsonError, JsonReader } from "./formats/json.js";
import { readSafetensors } from "./formats/safetensors.js";

const MAXIMUM_INDEX = 100_000_000;
/** Above any real model's, below a process's limit of open files. */
const MAXIMUM_SHARDS = 1000;
const OPENED_TOGETHER = 8;

interface ShardIndex {
  metadata: Record<string, unknown>;
  shardOf: Map<string, string>;
}

/**
 * A `model.safetensors.index.json` and the shards beside it. Only tensors that the index names are kept, each from the
 * shard it names.
 */
export async function openIndex(location: Location, signal?: AbortSignal): Promise<RawCheckpoint> {
  const index = await readIndex(location, signal);
  const shards = [...new Set(index.shardOf.values())];
  const sources: Source[] = [];
  try {
    const tensors: StoredTensor[][] = new Array(shards.length);
    const metadata: Record<string, unknown>[] = new Array(shards.length);
    let next = 0;
    const openShards = async () => {
      while (next < shards.length) {
        const i = next++;
        const source = checkedSource(await location.sibling(shards[i]).open(signal));
        sources.push(source);
        const header = await readSafetensors(source, signal);
        tensors[i] = header.tensors.filter(({ info }) => index.shardOf.get(info.name) === shards[i]);
        metadata[i] = header.metadata;
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: OPENED_TOGETHER }, openShards));
    for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
    const kept = tensors.flat();
    if (kept.length < index.shardOf.size) {
      const found = new Set(kept.map(({ info }) => info.name));
      const missing = [...index.shardOf.keys()].find((name) => !found.has(name))!;
      throw malformed(
        "index-mismatch",
        baseName(location),
        `the index says it is in ${quoted(index.shardOf.get(missing)!)}, which does not hold it`,
        { tensor: missing },
      );
    }
    const byteLength = sources.reduce((sum, source) => sum + source.byteLength, 0);
    return new OpenedCheckpoint(
      baseName(location),
      "safetensors",
      byteLength,
      Object.fromEntries([...metadata, index.metadata].flatMap(Object.entries)),
      kept,
      sources,
    );
  } catch (error) {
    await Promise.all(sources.map((source) => source.close?.()));
    throw error;
  }
}

async function readIndex(location: Location, signal?: AbortSignal): Promise<ShardIndex> {
  const source = checkedSource(await location.open(signal));
  try {
    if (source.byteLength > MAXIMUM_INDEX)
      throw malformed(
        "header-too-large",
        source.name,
        `an index of ${source.byteLength} bytes, more than ${MAXIMUM_INDEX}`,
      );
    return parseIndex(await source.read(0, source.byteLength, signal), source.name);
  } finally {
    await source.close?.();
  }
}

function parseIndex(bytes: Uint8Array, file: string): ShardIndex {
  let metadata: Record<string, unknown> = {};
  const shardOf = new Map<string, string>();
  let mapped = false;
  try {
    const reader = new JsonReader(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    reader.object((key) => {
      if (key === "weight_map") {
        mapped = true;
        reader.object((tensor) => void shardOf.set(tensor, shardName(reader.string(), tensor, file)));
      } else if (key === "metadata" && reader.peek() === "object") metadata = reader.value() as Record<string, unknown>;
      else reader.value();
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
 * A plain file name: no separator of any system, no drive, nothing that climbs. So no shard lies outside the index's
 * directory.
 */
function shardName(name: string, tensor: string, file: string): string {
  if (name === "" || name === "." || name === ".." || name.length > 255 || /[/\\:\p{Cc}]/u.test(name))
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
