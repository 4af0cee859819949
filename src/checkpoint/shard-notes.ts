import { printable } from "../base/printable.js";

/** model-00001-of-00002.safetensors: what comes before, which, of how many. */
export const SHARD = /^(.*?)[-_.]?(\d{1,5})-of-(\d{1,5})\.safetensors$/i;

const bare = (shard: string): string => shard.replace(/\.safetensors$/i, "");

/** What is to be said of one shard that was opened by itself. */
export function shardNotes(name: string): string[] {
  const [, , which, all] = SHARD.exec(name) ?? [];
  if (all === undefined || Number(all) < 2) return [];
  return [`1 of ${Number(all)} shards (number ${Number(which)}): figures are of this one alone`];
}

/** What is to be said of shards that an index names and that are not there, `tensors` in all. */
export function missingNotes(missing: readonly string[], shards: number, tensors: number): string[] {
  if (missing.length === 0) return [];
  const one = missing.length === 1;
  const which = printable(bare(missing[0])) + (one ? "" : ` and ${missing.length - 1} more`);
  const what = `${tensors} ${tensors === 1 ? "tensor" : "tensors"}`;
  return [
    `${missing.length} of ${shards} shards that the index names ${one ? "is" : "are"} not here (${which}): ` +
      `figures are without the ${what} in ${one ? "it" : "them"}`,
  ];
}

/** What is to be said of `count` tensors of a shard that the index does not have there. */
export function leftOutNotes(shard: string, count: number): string[] {
  const [noun, verb] = count === 1 ? ["tensor", "is"] : ["tensors", "are"];
  return count === 0 ? [] : [`${count} ${noun} of ${printable(bare(shard))} ${verb} not in the index`];
}

/** Files beside the index that it does not name. */
export function unnamedNotes(fileNames: readonly string[], shards: readonly string[]): string[] {
  const named = new Set(shards);
  const others = fileNames.filter((name) => /\.safetensors$/i.test(name) && !name.startsWith(".") && !named.has(name));
  return others.map((name) => `${printable(name)} beside it is not in the index`);
}
