import type { Matrix } from "../types.js";
import type { RawCheckpoint } from "./checkpoint.js";
import { decodeElements } from "./decode.js";
import type { CheckpointMatrix } from "./matrices.js";

/**
 * Rows [first, last) of a matrix as f32, as the analysis sees them. One that is transposed is read whole: its stored
 * bytes and its values are held together.
 */
export async function readMatrixRows(
  checkpoint: RawCheckpoint,
  { tensor, type, byteStart, rowBytes, byteLength, rows, columns, transposed }: CheckpointMatrix,
  [first, last]: [first: number, last: number] = [0, rows],
  signal?: AbortSignal,
): Promise<Matrix> {
  if (!transposed) {
    const [start, end] = [byteStart + first * rowBytes, byteStart + last * rowBytes];
    const bytes = await checkpoint.readBytes(tensor, start, end, signal);
    return { rows: last - first, columns, data: await decodeElements(type, bytes, (last - first) * columns) };
  }
  const bytes = await checkpoint.readBytes(tensor, byteStart, byteStart + byteLength, signal);
  const stored = await decodeElements(type, bytes, rows * columns);
  const data = new Float32Array((last - first) * columns);
  for (let row = first; row < last; row++)
    for (let column = 0; column < columns; column++)
      data[(row - first) * columns + column] = stored[column * rows + row];
  return { rows: last - first, columns, data };
}
