import type { Source } from "../../host/contract.js";
import type { StoredTensor } from "../checkpoint.js";
import { malformed } from "../fail.js";
import { inflatedSource } from "./inflate.js";
import { readNpy } from "./npy.js";
import { refuse } from "./recognise.js";
import { dataOffset, readZip } from "./zip.js";

/** Above any archive of arrays, and a bound on the headers that are read one by one. */
const MAXIMUM_MEMBERS = 65536;

/** The arrays of a .npz archive, named as `numpy.load` names them: without .npy. Other members are passed over. */
export async function readNpz(source: Source, signal?: AbortSignal): Promise<StoredTensor[]> {
  const entries = await readZip(source, signal);
  if (entries.some(({ name }) => /(^|\/)data\.pkl$/.test(name))) throw refuse("pickle", source.name);
  const arrays = entries.filter(({ name }) => name.endsWith(".npy"));
  if (arrays.length === 0 && entries.length > 0) throw refuse("zip", source.name);
  if (arrays.length > MAXIMUM_MEMBERS)
    throw malformed("too-many-files", source.name, `${arrays.length} arrays, more than ${MAXIMUM_MEMBERS}`);
  const seen = new Set<string>();
  const tensors: StoredTensor[] = [];
  for (const entry of arrays) {
    const tensor = entry.name.slice(0, -4);
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
