import { type BigIntStats, fstat } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { printable } from "../base/printable.js";
import { ADAPTER_CONFIG, HINTS } from "../checkpoint/beside.js";
import { UsageError } from "./command.js";
import { targetOf } from "./output.js";

/** One part of several: a shard of safetensors, or of a GGUF file. */
const PART = /^(.*)-\d{5}-of-\d{5}\.(safetensors|gguf)$/i;
const INDEX = /\.index\.json$/i;
/** Longer indexes are refused when they are read. */
const LONGEST_INDEX = 100_000_000;

/** What makes a file the same file under any name: device and inode. */
const identityOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

/** Of a place that may be written: what stands there, else its directory and its name in it; devices have none. */
async function placeOf(place: string): Promise<string | null> {
  const status = await stat(place, { bigint: true }).catch(() => null);
  if (status) return status.isFile() || status.isDirectory() ? identityOf(status) : null;
  const target = await targetOf(place).catch(() => path.resolve(place));
  const folder = await stat(path.dirname(target), { bigint: true }).catch(() => null);
  return `${folder ? identityOf(folder) : path.dirname(target)}/${path.basename(target)}`;
}

/** @throws UsageError where two options would write to one place. */
export async function refuseSame(written: readonly (readonly [option: string, place: string])[]): Promise<void> {
  const taken = new Map<string, string>();
  for (const [option, place] of written) {
    const where = await placeOf(place);
    if (where === null) continue;
    const other = taken.get(where);
    if (other !== undefined)
      throw new UsageError(`${other} and ${option} are one place, ${printable(place)}: choose another name`);
    taken.set(where, option);
  }
}

/** The shards that an index names, whatever else is in it. */
async function shardsOf(index: string): Promise<string[]> {
  try {
    const status = await stat(index);
    if (!status.isFile() || status.size > LONGEST_INDEX) return [];
    const { weight_map: map } = JSON.parse(await readFile(index, "utf8")) as { weight_map?: Record<string, unknown> };
    return [...new Set(Object.values(map ?? {}))].map((name) => path.join(path.dirname(index), String(name)));
  } catch {
    return []; // what is wrong with it is said when it is opened
  }
}

/** Every file that reading `input` may read. */
async function filesOf(input: string): Promise<string[]> {
  if (/^(https?|hf):\/\//i.test(input)) return [];
  const file = /^file:\/\//i.test(input) && URL.canParse(input) ? fileURLToPath(input) : input;
  const status = await stat(file).catch(() => null);
  if (!status) return [];
  const folder = status.isDirectory() ? file : path.dirname(file);
  const within = async (): Promise<string[]> =>
    (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name));
  if (status.isDirectory()) return within();
  const beside = [...HINTS, ADAPTER_CONFIG].map((name) => path.join(folder, name));
  if (INDEX.test(file)) return [file, ...beside, path.join(folder, "model.safetensors"), ...(await shardsOf(file))];
  const part = PART.exec(path.basename(file));
  if (!part) return [file, ...beside];
  const [, stem] = part;
  const parts = (await within()).filter((one) => PART.exec(path.basename(one))?.[1] === stem);
  return [file, ...beside, ...parts, path.join(folder, `${stem}.safetensors.index.json`)];
}

/**
 * The files that a command reads, by device and inode, and the places of those that it would read if they were there: a
 * report as the new config.json of a checkpoint would be read as its configuration. "-" is what standard input is
 * redirected from.
 */
export async function inputIdentities(inputs: readonly string[]): Promise<ReadonlySet<string>> {
  const identities = new Set<string>();
  for (const input of inputs) {
    if (input === "-") {
      const status = await promisify(fstat)(0, { bigint: true }).catch(() => null);
      if (status?.isFile()) identities.add(identityOf(status));
      continue;
    }
    for (const file of await filesOf(input)) {
      const place = await placeOf(file);
      if (place !== null) identities.add(place);
    }
  }
  return identities;
}

/**
 * What is to be written must not be what is read: neither by name nor through any link.
 * @throws UsageError
 */
export async function refuseInput(target: string, identities: ReadonlySet<string>, option = "--output"): Promise<void> {
  const place = await placeOf(target);
  if (place !== null && identities.has(place))
    throw new UsageError(`${option} ${printable(target)} is one of the files that are read: choose another name`);
}
