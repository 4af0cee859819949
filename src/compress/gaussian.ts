import { scaleFor } from "../base/powers-of-two.js";
import { createBasisInSlices, DEFAULT_WIDTH, energyOf } from "../gaussians/uniform.js";
import { finished } from "../host/pauses.js";
import { strideOf } from "../kernels/dense.js";
import { addToGram, createGram, DOUBLE_GRAM, finishGram } from "../kernels/gram.js";
import type { Machine } from "../kernels/machine.js";
import { smallestGaussians } from "../matrix/energy-target.js";
import { ExplainedSums } from "../matrix/explained-sums.js";
import { type ByteReader, RowStream, type VisitRows } from "../matrix/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { type Order, orderInSlices } from "./order.js";
import { WeightSums } from "./weights.js";

/** Amplitudes of a matrix on the uniform basis. */
export interface Amplitudes {
  gaussians: number;
  /** rows × gaussians. */
  values: Float32Array;
  /** Column j of the ordered matrix is column order[j] of the stored one; null where it is not ordered. */
  order: Int32Array | null;
  energy: number;
  /** ‖W‖². */
  total: number;
}

/** What `gaussianAmplitudes` needs. */
export interface AmplitudesJob {
  matrix: StoredMatrix;
  bytes: ByteReader;
  memory: number;
  /** How many a row, or the fewest that keep a share of the energy. */
  gaussians: number | { energy: number };
  order: Order | "stored";
  signal?: AbortSignal | undefined;
}

/**
 * Share of the energy below which the amplitudes are what is left of a product that cancelled: f32 keeps too few
 * digits.
 */
const CANCELLED = 3e-4;

/**
 * Least-squares amplitudes of every row (docs/method.md §1), of the columns in their order or in one that makes
 * neighbours alike; null where a weight is not finite.
 * @throws RangeError where the tables of the basis, or the Gram matrix that an order needs, do not fit in memory.
 */
export async function gaussianAmplitudes(machine: Machine, job: AmplitudesJob): Promise<Amplitudes | null> {
  const marked = machine.exports.mark();
  try {
    const { matrix, bytes, memory, signal, order } = job;
    const stream = new RowStream(machine, matrix, bytes, { memory, passes: order === "stored" ? 2 : 3, signal });
    const largest = await largestWeight(machine, matrix, stream);
    if (Number.isNaN(largest)) return null;
    const scale = scaleFor(largest);
    const stored = { matrix, stream, scale, order: null, signal };
    const columns = order === "stored" ? null : await columnOrderOf(machine, stored, order);
    const passing = { ...stored, order: columns };
    const gaussians =
      typeof job.gaussians === "number" ? job.gaussians : await fewest(machine, passing, job.gaussians.energy);
    const fit = new Fit(machine, passing, gaussians);
    const first = await fit.run(false);
    const { values, squares, residual } = squaresCancelled(first) ? await fit.run(true) : first;
    const { energy } = energyOf({ squares, residual, variation: squares });
    return { gaussians, values, order: columns, energy, total: squares / scale / scale };
  } finally {
    machine.exports.release(marked);
  }
}

const squaresCancelled = ({ squares, residual }: { squares: number; residual: number }): boolean =>
  squares - residual < CANCELLED * squares;

/** NaN where a weight is not finite. */
async function largestWeight(machine: Machine, matrix: StoredMatrix, stream: RowStream): Promise<number> {
  const marked = machine.exports.mark();
  const sums = new WeightSums(machine, matrix.columns);
  await stream.pass(strideOf(matrix.columns), 1, (pointer, _first, rows) => sums.visit(pointer, rows));
  machine.exports.release(marked);
  return Number.isFinite(sums.largest) ? sums.largest : Number.NaN;
}

async function columnOrderOf(machine: Machine, passing: Passing, kind: Order): Promise<Int32Array> {
  const { matrix, stream, scale } = passing;
  const { columns } = matrix;
  const marked = machine.exports.mark();
  const stride = strideOf(columns);
  const gram = await finished(createGram(machine, columns, DOUBLE_GRAM), passing);
  if (gram === 0) throw new RangeError(`out of memory: the Gram matrix of ${columns} columns does not fit`);
  await stream.pass(stride, scale, (pointer, _first, rows) => addToGram(machine, gram, pointer, rows, stride));
  await finished(finishGram(machine, gram), passing);
  const side = machine.exports.gramSide(gram);
  const total = machine.exports.gramTotal(gram) >>> 0;
  const gramOf = (): Float64Array => machine.float64(total, side * side);
  const order = await finished(orderInSlices(gramOf, columns, kind, side), passing);
  machine.exports.release(marked);
  return order;
}

/** Rows as they are fitted. */
interface Passing {
  matrix: StoredMatrix;
  stream: RowStream;
  /** A power of two that they come multiplied by. */
  scale: number;
  order: Int32Array | null;
  signal?: AbortSignal | undefined;
}

function passOrdered(machine: Machine, { matrix, stream, scale, order }: Passing, visit: VisitRows): Promise<void> {
  const stride = strideOf(matrix.columns);
  return stream.pass(stride, scale, (pointer, first, rows) => {
    if (order !== null) putInOrder(machine.float32(pointer, rows * stride), stride, order);
    return visit(pointer, first, rows);
  });
}

/** The smallest K that keeps a share of the energy. */
async function fewest(machine: Machine, passing: Passing, energy: number): Promise<number> {
  const { columns } = passing.matrix;
  const found = await smallestGaussians(columns, energy, async (counts) => {
    const marked = machine.exports.mark();
    const sums = await finished(ExplainedSums.of(machine, columns, counts, DEFAULT_WIDTH), passing);
    await finished(sums.begin(), passing);
    await passOrdered(machine, passing, (pointer, first, rows) => sums.visit(pointer, first, rows));
    const { squares, explained, ranks } = await finished(sums.end(), passing);
    machine.exports.release(marked);
    return ranks.map((rank, k) => (rank === columns || squares === 0 ? 1 : explained[k] / squares));
  });
  return found ?? columns;
}

class Fit {
  constructor(
    private readonly machine: Machine,
    private readonly passing: Passing,
    private readonly gaussians: number,
  ) {}

  /** One pass, the products in f64 where `inDouble`. */
  async run(inDouble: boolean): Promise<{ values: Float32Array; squares: number; residual: number }> {
    const { machine, passing, gaussians } = this;
    const {
      matrix: { rows, columns },
      scale,
    } = passing;
    const marked = machine.exports.mark();
    const stride = strideOf(columns);
    const basis = await finished(createBasisInSlices(machine, columns, gaussians, DEFAULT_WIDTH, inDouble), passing);
    const sums = new WeightSums(machine, columns);
    const totals = machine.zeros64(3);
    const values = new Float32Array(rows * gaussians);
    await passOrdered(machine, passing, (pointer, first, count) => {
      machine.scope(() => {
        const amplitudes = machine.allocate(count * gaussians * 4);
        sums.visit(pointer, count, (from, done, batch) => {
          const to = amplitudes + done * gaussians * 4;
          machine.exports.fitRows(basis, from, batch, stride, sums.rowSums, to, 0, 0, totals);
        });
        values.set(machine.float32(amplitudes, count * gaussians), first * gaussians);
      });
    });
    const [squares, residual] = machine.float64(totals, 2);
    machine.exports.release(marked);
    if (scale !== 1) for (let i = 0; i < values.length; i++) values[i] /= scale;
    return { values, squares, residual };
  }
}

/** The columns of rows in place. */
function putInOrder(rows: Float32Array, stride: number, order: Int32Array): void {
  const row = new Float32Array(order.length);
  for (let at = 0; at < rows.length; at += stride) {
    row.set(rows.subarray(at, at + order.length));
    for (let j = 0; j < order.length; j++) rows[at + j] = row[order[j]];
  }
}
