import { addDoubleRowProducts, DOUBLE_STEPS } from "../double-products";
import { addToGram, createGram, finishGram, gramSide, gramTotal } from "../gram";
import { allocate, mark, release } from "../memory";

/** Values whose squares differ in size by 2^80, so that a sum in another order has other bits. */
function value(i: i32, j: i32): f32 {
  const k = (i * 7919 + j * 104729 + 13) % 41;
  return <f32>(((k * 37) % 19) - 9) * <f32>Math.pow(2, <f64>(k - 20)) + <f32>k * <f32>0.1;
}

function matrix(rows: i32, columns: i32, stride: i32): usize {
  const p = allocate(<f64>rows * <f64>stride * 4 + 64);
  memory.fill(p, 0, (<usize>(rows * stride)) << 2);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) store<f32>(p + ((<usize>(i * stride + j)) << 2), value(i, j));
  return p;
}

function zeros(count: i32): usize {
  const p = allocate(<f64>count * 8 + 64);
  memory.fill(p, 0, (<usize>count) << 3);
  return p;
}

/** Entries that differ in any bit from the plain sum over rows in their order, with rows given `block` at a time. */
function gramWrong(rows: i32, columns: i32, block: i32): i32 {
  const marked = mark();
  const stride = columns + 1;
  const w = matrix(rows, columns, stride);
  const gram = createGram(columns, 2);
  const side = gramSide(gram);
  const total = gramTotal(gram);
  memory.fill(total, 0, (<usize>(side * side)) << 3);
  for (let i = 0; i < rows; i += block)
    addToGram(gram, w + ((<usize>(i * stride)) << 2), min(block, rows - i), stride, Infinity);
  finishGram(gram, Infinity);
  let wrong = 0;
  for (let a = 0; a < columns; a++) {
    for (let b = a; b < columns; b++) {
      let sum: f64 = 0;
      for (let i = 0; i < rows; i++) sum += <f64>value(i, a) * <f64>value(i, b);
      if (load<f64>(total + ((<usize>(a * side + b)) << 3)) != sum) wrong++;
    }
  }
  release(marked);
  return wrong;
}

function rowsWrong(rowsA: i32, rowsB: i32, columns: i32): i32 {
  const marked = mark();
  const stride = (columns + 3) & ~3;
  const a = matrix(rowsA, columns, stride);
  const same = rowsB == 0;
  const b = same ? a : matrix(rowsB, columns, stride);
  const count = same ? rowsA : rowsB;
  const side = (count + 3) & ~3;
  const panels = allocate(<f64>(((rowsA + 3) & ~3) + side) * <f64>DOUBLE_STEPS * 8);
  const result = zeros(((rowsA + 3) & ~3) * side);
  addDoubleRowProducts(a, rowsA, b, count, columns, stride, panels, result, side);
  let wrong = 0;
  for (let i = 0; i < rowsA; i++) {
    for (let j = same ? i : 0; j < count; j++) {
      let sum: f64 = 0;
      for (let k = 0; k < columns; k++) sum += <f64>value(i, k) * <f64>value(j, k);
      if (load<f64>(result + ((<usize>(i * side + j)) << 3)) != sum) wrong++;
    }
  }
  release(marked);
  return wrong;
}

describe("products in f64", () => {
  it("of columns are the plain sum over rows, bit for bit, in blocks of any size", () => {
    expect<i32>(gramWrong(1, 1, 1)).toBe(0);
    expect<i32>(gramWrong(5, 3, 2)).toBe(0);
    expect<i32>(gramWrong(DOUBLE_STEPS + 3, 9, 7)).toBe(0);
    expect<i32>(gramWrong(2 * DOUBLE_STEPS, 70, DOUBLE_STEPS)).toBe(0);
    expect<i32>(gramWrong(300, 4, 300)).toBe(0);
  });

  it("of no rows are zero", () => {
    expect<i32>(gramWrong(0, 5, 1)).toBe(0);
  });

  it("of rows are the plain sum over columns, bit for bit", () => {
    expect<i32>(rowsWrong(1, 0, 1)).toBe(0);
    expect<i32>(rowsWrong(7, 0, DOUBLE_STEPS + 5)).toBe(0);
    expect<i32>(rowsWrong(70, 0, 11)).toBe(0);
    expect<i32>(rowsWrong(3, 9, 2 * DOUBLE_STEPS + 1)).toBe(0);
    expect<i32>(rowsWrong(8, 5, 64)).toBe(0);
  });
});
