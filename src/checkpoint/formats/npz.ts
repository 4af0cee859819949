import type { Source } from "../../host/contract.js";
import type { StoredTensor } from "../checkpoint.js";
import { malformed } from "../fail.js";
import { inflatedSource } from "./inflate.js";
import { readNpy } from "./npy.js";
import { refuse } from "./recognise.js";
import { dataOffset, readZip, type ZipEntry } from "./zip.js";

/** Above any archive of arrays, and a bound on the headers that are read one by one. */
const MAXIMUM_MEMBERS = 65536;

/** What the Finder puts beside a Mac's files when it packs them. */
const SIDECAR = /(?:^|\/)(?:__MACOSX\/|\._)/;

/** By its name, or by what it begins with: names need not end with .npy. */
async function isArray(source: Source, entry: ZipEntry, signal?: AbortSignal): Promise<boolean> {
  if (SIDECAR.test(entry.name) || entry.name.endsWith("/")) return false;
  if (entry.name.endsWith(".npy")) return true;
  if (entry.size < 10 || /\.[a-z]{1,5}$/i.test(entry.name)) return false;
  const start = await dataOffset(source, entry, signal);
  const bytes = entry.deflated
    ? await inflatedSource(source, entry, start).read(0, 6, signal)
    : await source.read(start, start + 6, signal);
  return String.fromCharCode(...bytes) === "\x93NUMPY";
}

/** The arrays of a .npz archive, named as `numpy.load` names them: without .npy. Other members are passed over. */
export async function readNpz(source: Source, signal?: AbortSignal): Promise<StoredTensor[]> {
  const entries = await readZip(source, signal);
  if (entries.some(({ name }) => /(^|\/)data\.pkl$/.test(name))) throw refuse("pickle", source.name);
  const arrays: ZipEntry[] = [];
  for (const entry of entries) if (await isArray(source, entry, signal)) arrays.push(entry);
  if (arrays.length === 0 && entries.length > 0) throw refuse("zip", source.name);
  if (arrays.length > MAXIMUM_MEMBERS)
    throw malformed("too-many-files", source.name, `${arrays.length} arrays, more than ${MAXIMUM_MEMBERS}`);
  const seen = new Set<string>();
  const tensors: StoredTensor[] = [];
  for (const entry of arrays) {
    const tensor = entry.name.replace(/\.npy$/, "");
    if (seen.has(tensor)) throw malformed("duplicate-tensor", source.name, "two arrays have this name", { tensor });
    seen.add(tensor);
    const start = await dataOffset(source, entry, signal);
    if (entry.deflated) {
      tensors.push(await readNpy(inflatedSource(source, entry, start), tensor, source.name, () => start, signal));
    } else {
      const stored: Source = {
        name: source.name,
        byteLength: entry.size,
        read: (from, to, abort, until) =>
          source.read(start + from, start + to, abort, until === undefined ? undefined : start + until),
      };
      tensors.push(await readNpy(stored, tensor, source.name, (offset) => start + offset, signal));
    }
  }
  return tensors;
}
