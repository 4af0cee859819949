import { yieldToEvents } from "#host";
import { scaleFor } from "../base/powers-of-two.js";
import { strideOf } from "../kernels/dense.js";
import { eigenvectorsInSlices } from "../kernels/eigenvectors.js";
import type { Machine } from "../kernels/machine.js";
import { addProduct } from "../kernels/products.js";
import { productPasses, RowProducts } from "../matrix/row-products.js";
import { type ByteReader, RowStream } from "../matrix/rows.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { WeightSums } from "./weights.js";

/** Leading directions of a matrix: W ≈ Σ left_k right_kᵀ, each side with the root of its singular value. */
export interface Directions {
  /** kept × rows. */
  left: Float32Array;
  /** kept × columns; the largest entry of each is positive. */
  right: Float32Array;
  /** The share of W along each, ‖W v‖² (σ² where nothing is weighed), largest first. */
  squares: Float64Array;
  /** ‖W‖². */
  total: number;
  /** Energy of all the directions kept: Σ squares / ‖W‖², or less where columns were weighed. */
  energies: Float64Array;
}

/** What `singularDirections` needs. */
export interface DirectionsJob {
  matrix: StoredMatrix;
  bytes: ByteReader;
  memory: number;
  /** How many directions to keep, from all σ², largest first. */
  count(squares: Float64Array, total: number): number;
  /** Weights of the columns, or none. */
  columnWeights: Float64Array | null;
  signal?: AbortSignal;
}

/**
 * The leading directions of a matrix from the Gram matrix of its smaller side; null where a weight is not finite. Its
 * rows pass once for the Gram matrix and once for the other side's factor.
 * @throws RangeError where the Gram matrix does not fit in the kernels' memory.
 */
export async function singularDirections(machine: Machine, job: DirectionsJob): Promise<Directions | null> {
  const marked = machine.exports.mark();
  try {
    return await new Factoring(machine, job).run();
  } finally {
    machine.exports.release(marked);
  }
}

class Factoring {
  private readonly stream: RowStream;
  private sums: WeightSums;
  private readonly byRows: boolean;
  private readonly stride: number;
  private scale = 1;

  constructor(
    private readonly machine: Machine,
    private readonly job: DirectionsJob,
  ) {
    const { matrix, bytes, memory, signal } = job;
    this.byRows = matrix.rows < matrix.columns;
    this.stride = strideOf(matrix.columns);
    const share = this.byRows ? memory / 2 : memory;
    const passes = 1 + (this.byRows ? productPasses(matrix, share) : 1);
    this.sums = new WeightSums(machine, matrix.columns);
    this.stream = new RowStream(machine, matrix, bytes, share, passes, signal);
  }

  async run(): Promise<Directions | null> {
    const { machine, job } = this;
    const order = Math.min(job.matrix.rows, job.matrix.columns);
    const marked = machine.exports.mark();
    let gram = await this.gram();
    if (!Number.isFinite(this.sums.largest)) return null;
    this.scale = scaleFor(this.sums.largest);
    if (this.scale !== 1) {
      // Squares of what is very large or small leave f32: the rows pass again, times a power of two.
      machine.exports.release(marked);
      this.sums = new WeightSums(machine, job.matrix.columns);
      gram = await this.gram();
    }
    const whole = this.sums.squares;
    const count = (values: Float64Array): number => {
      const squares = values.map((value) => Math.max(0, value));
      return Math.min(order, job.count(squares, whole));
    };
    const found = await this.inSlices(eigenvectorsInSlices(machine, gram.pointer, order, gram.side, count));
    const all = machine.float64(found.vectors, found.count * order);
    const vectors = Array.from({ length: found.count }, (_, k) => all.slice(k * order, (k + 1) * order));
    machine.exports.release(marked);
    return this.project(vectors, whole);
  }

  /** Lets events through between the slices, an abort among them. */
  private async inSlices<T>(slices: Generator<number, T, void>): Promise<T> {
    for (;;) {
      const { done, value } = slices.next();
      if (done) return value;
      await yieldToEvents();
      this.job.signal?.throwIfAborted();
    }
  }

  /** WᵀW or W Wᵀ, whichever is smaller, of the columns as they are weighed. */
  private async gram(): Promise<{ pointer: number; side: number }> {
    const {
      machine,
      job: { matrix, memory },
      sums,
      stride,
    } = this;
    if (this.byRows) {
      const products = new RowProducts(machine, matrix, memory / 2);
      await this.stream.pass(stride, this.scale, (pointer, row, rows) => {
        sums.visit(pointer, rows);
        this.weigh(pointer, rows);
        products.visit(pointer, row, rows);
      });
      const weighed: Pick<RowStream, "pass"> = {
        pass: (each, scale, visit) =>
          this.stream.pass(each, scale, (pointer, row, rows) => {
            this.weigh(pointer, rows);
            visit(pointer, row, rows);
          }),
      };
      await products.finish(weighed, this.scale);
      return { pointer: products.total, side: products.side };
    }
    const side = Math.ceil(matrix.columns / 4) * 4;
    const total = machine.zeros64(side * side);
    const panels = machine.allocate(side * 128 * 8);
    await this.stream.pass(stride, this.scale, (pointer, _row, rows) => {
      sums.visit(pointer, rows);
      this.weigh(pointer, rows);
      machine.exports.addDoubleGram(pointer, rows, matrix.columns, stride, panels, total);
    });
    return { pointer: total, side };
  }

  /** Rows in place, each column times its weight. */
  private weigh(pointer: number, rows: number): void {
    const {
      machine,
      job: {
        columnWeights,
        matrix: { columns },
      },
      stride,
    } = this;
    if (columnWeights === null) return;
    const values = machine.float32(pointer, rows * stride);
    for (let at = 0; at < values.length; at += stride) {
      for (let j = 0; j < columns; j++) values[at + j] *= columnWeights[j];
    }
  }

  private project(vectors: readonly Float64Array[], whole: number): Promise<Directions> {
    return this.byRows ? this.projectRows(vectors, whole) : this.projectColumns(vectors, whole);
  }

  /** From V: left = W V / √σ, a block of rows after the other. */
  private async projectColumns(vectors: readonly Float64Array[], whole: number): Promise<Directions> {
    const {
      machine,
      job: {
        matrix: { rows, columns },
        columnWeights,
      },
      stride,
    } = this;
    const kept = vectors.length;
    // Where columns are weighed by D, left is along W (D v), and what right = D⁻¹ v leaves of W is told by W (D⁻¹ v).
    const width = columnWeights === null ? kept : 2 * kept;
    const sides = machine.allocate(columns * width * 4);
    const placed = machine.float32(sides, columns * width);
    vectors.forEach((vector, k) => {
      for (let j = 0; j < columns; j++) {
        const weight = columnWeights === null ? 1 : columnWeights[j];
        placed[j * width + k] = vector[j] * weight;
        if (columnWeights !== null) placed[j * width + kept + k] = vector[j] / weight;
      }
    });
    const left = new Float32Array(kept * rows);
    const norms = new Float64Array(kept);
    const along = new Float64Array(kept);
    await this.stream.pass(stride, this.scale, (pointer, first, count) => {
      machine.scope(() => {
        const c = machine.zeros64(count * width);
        addProduct(machine, {
          a: pointer,
          rowStep: stride,
          innerStep: 1,
          rows: count,
          inner: columns,
          b: sides,
          strideB: width,
          columns: width,
          c,
          strideC: width,
        });
        const products = machine.float64(c, count * width);
        for (let i = 0; i < count; i++) {
          for (let k = 0; k < kept; k++) {
            const x = products[i * width + k];
            left[k * rows + first + i] = x;
            norms[k] += x * x;
            if (columnWeights !== null) along[k] += x * products[i * width + kept + k];
          }
        }
      });
    });
    const right = new Float32Array(kept * columns);
    vectors.forEach((vector, k) => {
      for (let j = 0; j < columns; j++)
        right[k * columns + j] = columnWeights === null ? vector[j] : vector[j] / columnWeights[j];
    });
    // Of a weighed direction u σ (D⁻¹v)ᵀ the energy is 2 uᵀW(D⁻¹v)σ - σ²‖D⁻¹v‖².
    const gained =
      columnWeights === null ? norms : norms.map((square, k) => 2 * along[k] - square * lengthOf(right, k, columns));
    return this.finish({ left, right, norms, onRight: false }, gained, whole);
  }

  /** From U: right = Uᵀ W / √σ, whole blocks of rows added to it. */
  private async projectRows(vectors: readonly Float64Array[], whole: number): Promise<Directions> {
    const {
      machine,
      job: {
        matrix: { rows, columns },
        columnWeights,
      },
      stride,
    } = this;
    const kept = vectors.length;
    const left = new Float32Array(kept * rows);
    vectors.forEach((vector, k) => left.set(vector, k * rows));
    const a = machine.copyFloat32(left);
    const c = machine.zeros64(kept * columns);
    await this.stream.pass(stride, this.scale, (pointer, first, count) => {
      addProduct(machine, {
        a: a + first * 4,
        rowStep: rows,
        innerStep: 1,
        rows: kept,
        inner: count,
        b: pointer,
        strideB: stride,
        columns,
        c,
        strideC: columns,
      });
    });
    const products = machine.float64(c, kept * columns);
    const right = Float32Array.from(products);
    const norms = new Float64Array(kept);
    const gained = new Float64Array(kept);
    for (let k = 0; k < kept; k++) {
      for (let j = 0; j < columns; j++) {
        const x = products[k * columns + j];
        gained[k] += x * x;
        norms[k] += columnWeights === null ? x * x : (x * columnWeights[j]) ** 2;
      }
    }
    return this.finish({ left, right, norms, onRight: true }, gained, whole);
  }

  /**
   * One side holds unit vectors, the other products of length σ: both get the root of σ, and the sign that layout 1
   * wants.
   */
  private finish(
    sides: { left: Float32Array; right: Float32Array; norms: Float64Array; onRight: boolean },
    gained: Float64Array,
    whole: number,
  ): Directions {
    const {
      scale,
      job: {
        matrix: { rows, columns },
      },
    } = this;
    const { left, right, norms, onRight } = sides;
    norms.forEach((square, k) => {
      const sigma = Math.sqrt(square);
      const root = Math.sqrt(sigma / scale);
      const sign = largestEntry(right.subarray(k * columns, (k + 1) * columns)) < 0 ? -1 : 1;
      const ofProduct = sigma > 0 ? (sign * root) / sigma : 0;
      multiply(left.subarray(k * rows, (k + 1) * rows), onRight ? sign * root : ofProduct);
      multiply(right.subarray(k * columns, (k + 1) * columns), onRight ? ofProduct : sign * root);
    });
    const energies = new Float64Array(gained.length);
    let sum = 0;
    gained.forEach((square, k) => {
      sum += square;
      energies[k] = whole > 0 ? Math.min(1, Math.max(0, sum / whole)) : 1;
    });
    return {
      left,
      right,
      squares: norms.map((square) => square / scale / scale),
      total: whole / scale / scale,
      energies,
    };
  }
}

/** ‖row k‖². */
function lengthOf(rows: Float32Array, k: number, columns: number): number {
  let sum = 0;
  for (let j = k * columns; j < (k + 1) * columns; j++) sum += rows[j] * rows[j];
  return sum;
}

/** The entry of largest magnitude, the first of several. */
function largestEntry(values: Float32Array): number {
  let largest = 0;
  for (const x of values) if (Math.abs(x) > Math.abs(largest)) largest = x;
  return largest;
}

function multiply(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] *= factor;
}
