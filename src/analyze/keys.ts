import version from "../../build/version.js";
import type { StoredPlace } from "../checkpoint/checkpoint.js";
import { loadMachine } from "../kernels/load-machine.js";
import { Sha256 } from "../kernels/sha256.js";
import type { MatrixOptions } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";

/** Of 32 bits, of a key. */
const KEY_WORDS = 4;

/** JSON with the keys of every object in order, so that one value has one text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((one) => canonicalJson(one ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one)}`).join(",")}}`;
}

/**
 * For each matrix the name of the work on it: the first 128 bits of the SHA-256 of all that its figures depend on. The
 * same work has the same key whatever filters, threads and memory are; another version of this program, other options
 * or a file that has changed have another (docs/scale.md).
 */
export async function taskKeys(
  matrices: readonly StoredMatrix[],
  options: MatrixOptions,
  instructions: string,
  placesOf: (matrix: StoredMatrix) => readonly StoredPlace[],
): Promise<string[]> {
  const machine = await loadMachine();
  // The same for all, hashed once; and the members of `stored` and of places in order as they stand: a checkpoint may
  // have 100,000 matrices.
  const before = canonicalJson(["weightscope-task-1", version, instructions, options]).slice(0, -1);
  const hash = new Sha256(machine).update(new TextEncoder().encode(before));
  const texts = new Map<string | null, string>();
  const quoted = (value: string | null): string => {
    if (!texts.has(value)) texts.set(value, JSON.stringify(value));
    return texts.get(value)!;
  };
  return matrices.map((matrix) => {
    const { name, type, rows, columns, transposed, byteStart, byteLength, spectrum = false } = matrix;
    const stored =
      `{"byteLength":${byteLength},"byteStart":${byteStart},"columns":${columns},"dtype":${quoted(type.name)},` +
      `"rows":${rows},"transposed":${transposed}}`;
    const places = placesOf(matrix).map(
      (place) =>
        `{"byteLength":${place.byteLength},"end":${place.end},"file":${quoted(place.file)},` +
        `"start":${place.start},"tag":${quoted(place.tag)}}`,
    );
    return hash.hex(`,${spectrum},${JSON.stringify(name)},${stored},[${places.join()}]]`, KEY_WORDS);
  });
}
