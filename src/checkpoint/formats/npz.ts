import type { Source } from "../../host/contract.js";
import type { StoredTensor } from "../checkpoint.js";
import { malformed } from "../fail.js";
import { inflatedSource } from "./inflate.js";
import { readNpy } from "./npy.js";
import { refuse } from "./recognise.js";
import { dataOffset, readZip, type ZipEntry } from "./zip.js";

/** Above any archive of arrays, and a bound on the headers that are read one by one. */
const MAXIMUM_MEMBERS = 65536;
/** Each is inflated as far as its header, which takes the host half a millisecond. */
const MAXIMUM_DEFLATED = 16384;

/** Members lie one behind the other, and their headers are small: they are read this much at once. */
const WINDOW = 1 << 18;

/** What the Finder puts beside a Mac's files when it packs them. */
const SIDECAR = /(?:^|\/)(?:__MACOSX\/|\._)/;

/** The same bytes, small reads from a window over them. */
function windowed(source: Source): Source {
  let start = 0;
  let window = new Uint8Array(0);
  return {
    name: source.name,
    byteLength: source.byteLength,
    async read(from, to, signal) {
      if (to - from > WINDOW) return source.read(from, to, signal);
      if (from < start || to > start + window.length) {
        window = (await source.read(from, Math.min(source.byteLength, from + WINDOW), signal)).slice();
        start = from;
      }
      return window.subarray(from - start, to - start);
    },
  };
}

/** By its name, or by what it begins with: names need not end with .npy. */
async function isArray(source: Source, entry: ZipEntry, signal?: AbortSignal): Promise<boolean> {
  if (SIDECAR.test(entry.name) || entry.name.endsWith("/")) return false;
  if (entry.name.endsWith(".npy")) return true;
  if (entry.size < 10 || /\.[a-z]{1,5}$/i.test(entry.name)) return false;
  const start = await dataOffset(source, entry, signal);
  if (!entry.deflated) return isNpy(await source.read(start, start + 6, signal));
  const inflated = inflatedSource(source, entry, start);
  const bytes = await inflated.read(0, 6, signal);
  inflated.rest();
  return isNpy(bytes);
}

const isNpy = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes) === "\x93NUMPY";

/** The arrays of a .npz archive, named as `numpy.load` names them: without .npy. Other members are passed over. */
export async function readNpz(source: Source, signal?: AbortSignal): Promise<StoredTensor[]> {
  const entries = await readZip(source, signal);
  if (entries.some(({ name }) => /(^|\/)data\.pkl$/.test(name))) throw refuse("pickle", source.name);
  const tooMany = (count: number, most: number, what: string): Error =>
    malformed("too-many-files", source.name, `${count} ${what}, more than ${most}`);
  if (entries.length > MAXIMUM_MEMBERS) throw tooMany(entries.length, MAXIMUM_MEMBERS, "members");
  const deflated = entries.filter((entry) => entry.deflated).length;
  if (deflated > MAXIMUM_DEFLATED) throw tooMany(deflated, MAXIMUM_DEFLATED, "deflated members");
  const headers = windowed(source);
  let opening = true;
  const archive: Source = {
    name: source.name,
    byteLength: source.byteLength,
    read: (from, to, abort, until) => (opening ? headers : source).read(from, to, abort, until),
  };
  const arrays: ZipEntry[] = [];
  for (const entry of entries) if (await isArray(archive, entry, signal)) arrays.push(entry);
  if (arrays.length === 0 && entries.length > 0) throw refuse("zip", source.name);
  const seen = new Set<string>();
  const tensors: StoredTensor[] = [];
  for (const entry of arrays) {
    const tensor = entry.name.replace(/\.npy$/, "");
    if (seen.has(tensor)) throw malformed("duplicate-tensor", source.name, "two arrays have this name", { tensor });
    seen.add(tensor);
    tensors.push(await readMember(archive, entry, tensor, signal));
  }
  opening = false;
  return tensors;
}

async function readMember(
  archive: Source,
  entry: ZipEntry,
  tensor: string,
  signal?: AbortSignal,
): Promise<StoredTensor> {
  const start = await dataOffset(archive, entry, signal);
  if (entry.deflated) {
    const inflated = inflatedSource(archive, entry, start);
    const array = await readNpy(inflated, tensor, archive.name, () => start, signal);
    inflated.rest();
    return array;
  }
  const stored: Source = {
    name: archive.name,
    byteLength: entry.size,
    read: (from, to, abort, until) =>
      archive.read(start + from, start + to, abort, until === undefined ? undefined : start + until),
  };
  return readNpy(stored, tensor, archive.name, (offset) => start + offset, signal);
}
