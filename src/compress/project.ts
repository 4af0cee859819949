import { PackedFactor } from "../kernels/panels.js";
import { addProduct } from "../kernels/products.js";
import type { Directions } from "./directions.js";
import type { PassingRows } from "./passing.js";

/** From V: left = W V / √σ, a block of rows after the other; `single`: products of f32 tiles, else of f64 sums. */
export async function projectColumns(
  rowsOf: PassingRows,
  vectors: readonly Float64Array[],
  whole: number,
  single = false,
): Promise<Directions> {
  const { machine, matrix, columnWeights } = rowsOf;
  const { rows, columns } = matrix;
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
  const packed = single ? new PackedFactor(machine, columns, width) : null;
  packed?.pack(sides, width);
  const left = new Float32Array(kept * rows);
  const norms = new Float64Array(kept);
  const along = new Float64Array(kept);
  await rowsOf.pass((pointer, first, count) => {
    machine.scope(() => {
      const products = packed
        ? singleProducts(rowsOf, packed, pointer, count)
        : doubleProducts(rowsOf, { sides, width }, pointer, count);
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
  return finish(rowsOf, { left, right, norms, onRight: false }, gained, whole);
}

function singleProducts({ machine, stride }: PassingRows, packed: PackedFactor, a: number, rows: number): Float32Array {
  const out = machine.allocate(rows * packed.columns * 4);
  packed.multiply({ a, rows, stride, out, strideOut: packed.columns, sign: 1 });
  return machine.float32(out, rows * packed.columns);
}

function doubleProducts(
  { machine, matrix, stride }: PassingRows,
  { sides, width }: { sides: number; width: number },
  a: number,
  rows: number,
): Float64Array {
  const c = machine.zeros64(rows * width);
  const [inner, b] = [matrix.columns, sides];
  const shape = { rowStep: stride, innerStep: 1, rows, inner, strideB: width, columns: width, strideC: width };
  addProduct(machine, { a, b, c, ...shape });
  return machine.float64(c, rows * width);
}

/** From U: right = Uᵀ W / √σ, whole blocks of rows added to it. */
export async function projectRows(
  rowsOf: PassingRows,
  vectors: readonly Float64Array[],
  whole: number,
): Promise<Directions> {
  const { machine, matrix, columnWeights, stride } = rowsOf;
  const { rows, columns } = matrix;
  const kept = vectors.length;
  const left = new Float32Array(kept * rows);
  vectors.forEach((vector, k) => left.set(vector, k * rows));
  const a = machine.copyFloat32(left);
  const c = machine.zeros64(kept * columns);
  await rowsOf.pass((pointer, first, count) => {
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
  return finish(rowsOf, { left, right, norms, onRight: true }, gained, whole);
}

/**
 * One side holds unit vectors, the other products of length σ: both get the root of σ, and the sign that layout 1
 * wants.
 */
function finish(
  rowsOf: PassingRows,
  sides: { left: Float32Array; right: Float32Array; norms: Float64Array; onRight: boolean },
  gained: Float64Array,
  whole: number,
): Directions {
  const { scale, matrix } = rowsOf;
  const { rows, columns } = matrix;
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
