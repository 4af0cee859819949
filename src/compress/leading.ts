import { scaleFor } from "../base/powers-of-two.js";
import { finished } from "../host/pauses.js";
import { eigenvectorsInSlices } from "../kernels/eigenvectors.js";
import { addToGram, createGram, DOUBLE_GRAM, finishGram } from "../kernels/gram.js";
import { RowProducts } from "../matrix/row-products.js";
import type { VisitRows } from "../matrix/rows.js";
import type { PassingRows } from "./passing.js";
import { WeightSums } from "./weights.js";

/** What a look at all rows tells: ‖W‖², the same of weighed columns, the largest |x|. */
export async function rowSums(rows: PassingRows): Promise<{ squares: number; weighed: number; largest: number }> {
  const { machine, matrix, columnWeights } = rows;
  const marked = machine.exports.mark();
  const sums = new WeightSums(machine, matrix.columns);
  const weighed = new WeightSums(machine, matrix.columns);
  await rows.pass((pointer, _first, count) => {
    sums.visit(pointer, count);
    if (columnWeights === null) return;
    rows.weigh(pointer, count);
    weighed.visit(pointer, count);
  });
  machine.exports.release(marked);
  const { squares, largest } = sums;
  return { squares, weighed: columnWeights === null ? squares : weighed.squares, largest };
}

/** What `gramVectors` needs. */
interface GramJob {
  /** Bytes for rows that are held. */
  memory: number;
  /** How many vectors, from all eigenvalues and ‖W‖². */
  count(values: Float64Array, squares: number): number;
  signal?: AbortSignal | undefined;
}

/**
 * Leading eigenvectors of the Gram matrix of the smaller side, as many as `count` says; null where a weight is not
 * finite. Sets the rows' scale.
 */
export async function gramVectors(
  rows: PassingRows,
  { memory, count, signal }: GramJob,
): Promise<{ vectors: Float64Array[]; squares: number } | null> {
  const { machine, matrix } = rows;
  const order = Math.min(matrix.rows, matrix.columns);
  const marked = machine.exports.mark();
  let gram = await gramOf(rows, memory, signal);
  if (!Number.isFinite(gram.sums.largest)) return null;
  rows.scale = scaleFor(gram.sums.largest);
  if (rows.scale !== 1) {
    // Squares of what is very large or small leave f32: the rows pass again, times a power of two.
    machine.exports.release(marked);
    gram = await gramOf(rows, memory, signal);
  }
  const { squares } = gram.sums;
  const slices = eigenvectorsInSlices(machine, gram.pointer, order, gram.side, (values) => count(values, squares));
  const found = await finished(slices, { signal });
  const all = machine.float64(found.vectors, found.count * order);
  const vectors = Array.from({ length: found.count }, (_, k) => all.slice(k * order, (k + 1) * order));
  machine.exports.release(marked);
  return { vectors, squares };
}

/** WᵀW or W Wᵀ, whichever is smaller, of the columns as they are weighed. */
async function gramOf(
  rows: PassingRows,
  memory: number,
  signal: AbortSignal | undefined,
): Promise<{ pointer: number; side: number; sums: WeightSums }> {
  const { machine, matrix, stride } = rows;
  const sums = new WeightSums(machine, matrix.columns);
  if (matrix.rows < matrix.columns) {
    const products = await finished(RowProducts.of(machine, matrix, memory), { signal });
    await rows.pass((pointer, row, count) => {
      sums.visit(pointer, count);
      rows.weigh(pointer, count);
      return products.add(pointer, row, count);
    });
    const pass = (_stride: number, _scale: number, visit: VisitRows): Promise<void> =>
      rows.pass((pointer, row, count) => {
        rows.weigh(pointer, count);
        return visit(pointer, row, count);
      });
    await products.finish({ pass }, rows.scale);
    return { pointer: products.total, side: products.side, sums };
  }
  const gram = await finished(createGram(machine, matrix.columns, DOUBLE_GRAM), { signal });
  if (gram === 0) throw new RangeError(`out of memory: the Gram matrix of ${matrix.columns} columns does not fit`);
  await rows.pass((pointer, _row, count) => {
    sums.visit(pointer, count);
    rows.weigh(pointer, count);
    return addToGram(machine, gram, pointer, count, stride);
  });
  await finished(finishGram(machine, gram), { signal });
  return { pointer: machine.exports.gramTotal(gram) >>> 0, side: machine.exports.gramSide(gram), sums };
}
