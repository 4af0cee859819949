import type { ByteReader } from "../matrix/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { MatrixReport } from "../types.js";

const CHUNK = 1 << 20;

/**
 * For each matrix the earlier one with the same contents, or null. Only matrices of one storage type and shape whose
 * figures agree in every bit are compared, byte by byte, so a checkpoint without tied tensors is not read again.
 */
export async function findTied(
  plans: readonly StoredMatrix[],
  normsOf: (index: number) => MatrixReport["norms"],
  readerOf: (index: number) => ByteReader,
): Promise<(string | null)[]> {
  const keyOf = (index: number): string => {
    const { type, shape, transposed } = plans[index];
    return JSON.stringify([type.name, shape, transposed, normsOf(index)]);
  };
  const norms = Float64Array.from(plans, (_, i) => normsOf(i).norm);
  // Few are, of 100,000.
  const repeated = new Set(
    norms
      .slice()
      .sort()
      .filter((norm, i, sorted) => Object.is(norm, sorted[i - 1])),
  );
  const alike = new Map<number, number[]>();
  const tied: (string | null)[] = plans.map(() => null);
  for (const [i, norm] of norms.entries()) {
    if (!repeated.has(norm)) continue;
    const { minimum, maximum } = normsOf(i);
    // Constants are equal without being one tensor.
    if (minimum === maximum) continue;
    const earlier = alike.get(norm) ?? [];
    let found: number | null = null;
    for (const candidate of earlier) {
      if (keyOf(candidate) !== keyOf(i)) continue;
      if (await sameBytes(readerOf(candidate), readerOf(i), plans[i].byteLength)) {
        found = candidate;
        break;
      }
    }
    if (found === null) alike.set(norm, [...earlier, i]);
    else tied[i] = plans[found].name;
  }
  return tied;
}

async function sameBytes(a: ByteReader, b: ByteReader, length: number): Promise<boolean> {
  for (let start = 0; start < length; start += CHUNK) {
    const end = Math.min(length, start + CHUNK);
    const [x, y] = await Promise.all([a.read(start, end), b.read(start, end)]);
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  }
  return true;
}
