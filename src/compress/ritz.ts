import { finished } from "../host/pauses.js";
import { eigenvectorsInSlices } from "../kernels/eigenvectors.js";
import type { Machine } from "../kernels/machine.js";
import { PackedFactor } from "../kernels/panels.js";

/** A basis Q and what a symmetric matrix is in it. */
export interface Compressed {
  readonly machine: Machine;
  /** Of a vector. */
  readonly columns: number;
  /** Vectors of the basis. */
  readonly order: number;
  /** Q: columns × order f32. */
  readonly basis: number;
  /** order × order, of which the upper triangle counts. */
  readonly compressed: Float64Array;
  /** Vectors that are wanted. */
  readonly count: number;
}

/** The leading eigenvectors of the compression in terms of columns, of unit length. */
export async function ritzVectors(
  { machine, columns, order, count, basis, compressed }: Compressed,
  signal?: AbortSignal,
): Promise<Float64Array[]> {
  const slices = eigenvectorsInSlices(machine, machine.copyFloat64(compressed), order, order, () => count);
  const { vectors } = await finished(slices, { signal });
  const found = machine.float64(vectors, count * order);
  const factors = new Float32Array(order * count);
  for (let k = 0; k < count; k++) for (let i = 0; i < order; i++) factors[i * count + k] = found[k * order + i];
  const packed = new PackedFactor(machine, order, count);
  packed.pack(machine.copyFloat32(factors), count);
  const out = machine.allocate(columns * count * 4);
  packed.multiply({ a: basis, rows: columns, stride: order, out, strideOut: count, sign: 1 });
  const all = machine.float32(out, columns * count);
  return Array.from({ length: count }, (_, k) => {
    const vector = Float64Array.from({ length: columns }, (__, i) => all[i * count + k]);
    const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    return length > 0 ? vector.map((x) => x / length) : vector;
  });
}
