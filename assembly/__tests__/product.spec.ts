import { allocate, mark, release } from "../memory";
import { addToGram, createGram, finishGram, gramMean, gramSide, gramTotal, mirror } from "../gram";
import { addRowProducts, STEPS } from "../product";

/** Small whole numbers, so that every sum is exact in f32 and the reference is met to the bit. */
function value(i: i32, j: i32): f32 {
  return <f32>(((i * 7919 + j * 104729 + 13) % 17) - 8);
}

function matrix(rows: i32, columns: i32, stride: i32): usize {
  const p = allocate(<f64>rows * <f64>stride * 4 + 16);
  memory.fill(p, 0, (<usize>(rows * stride)) << 2);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) store<f32>(p + ((<usize>(i * stride + j)) << 2), value(i, j));
  return p;
}

/** A Gram matrix of zeros. */
function cleared(columns: i32, kind: i32): usize {
  const gram = createGram(columns, kind);
  memory.fill(gramTotal(gram), 0, (<usize>gramSide(gram) * <usize>gramSide(gram)) << 3);
  return gram;
}

/** Calls of at most `budget` products each, until all rows are added; how many calls. */
function add(gram: usize, weights: usize, rows: i32, stride: i32, budget: f64 = Infinity): i32 {
  let calls = 0;
  for (let row = 0; row < rows; calls++)
    row += addToGram(gram, weights + <usize>row * ((<usize>stride) << 2), rows - row, stride, budget);
  return calls;
}

function finish(gram: usize, budget: f64 = Infinity): i32 {
  let calls = 1;
  while (!finishGram(gram, budget)) calls++;
  return calls;
}

function columnsGram(rows: i32, columns: i32, block: i32, kind: i32, budget: f64 = Infinity): i32 {
  const marked = mark();
  const stride = (columns + 3) & ~3;
  const w = matrix(rows, columns, stride);
  const gram = cleared(columns, kind);
  for (let i = 0; i < rows; i += block)
    add(gram, w + ((<usize>(i * stride)) << 2), min(block, rows - i), stride, budget);
  finish(gram, budget);
  mirror(gramTotal(gram), gramSide(gram));
  let wrong = 0;
  for (let a = 0; a < columns; a++) {
    for (let b = 0; b < columns; b++) {
      let sum: f64 = 0;
      for (let i = 0; i < rows; i++) sum += <f64>value(i, a) * <f64>value(i, b);
      if (load<f64>(gramTotal(gram) + ((<usize>(a * gramSide(gram) + b)) << 3)) != sum) wrong++;
    }
  }
  release(marked);
  return wrong;
}

describe("Gram matrix", () => {
  it("of columns is the sum over rows, in blocks of any size", () => {
    for (let kind = 0; kind <= 2; kind += 2) {
      expect<i32>(columnsGram(1, 1, 1, kind)).toBe(0);
      expect<i32>(columnsGram(5, 3, 2, kind)).toBe(0);
      expect<i32>(columnsGram(STEPS + 3, 9, 7, kind)).toBe(0);
      expect<i32>(columnsGram(2 * STEPS, 31, STEPS, kind)).toBe(0);
      expect<i32>(columnsGram(11, 150, 1, kind)).toBe(0);
    }
  });

  it("is the same however little is done in a call, each of which does something", () => {
    for (let kind = 0; kind <= 2; kind += 2) {
      expect<i32>(columnsGram(STEPS + 3, 9, 7, kind, 1)).toBe(0);
      expect<i32>(columnsGram(2 * STEPS + 5, 150, 40, kind, 1)).toBe(0);
      expect<i32>(columnsGram(300, 301, 300, kind, 1e6)).toBe(0);
    }
    const marked = mark();
    const w = matrix(300, 301, 304);
    const gram = cleared(301, 1);
    // 38 panels of eight columns are three groups, of 256 rows that fill them and of those that are left.
    expect<i32>(add(gram, w, 300, 304, 1)).toBe(3);
    expect<i32>(finish(gram, 1)).toBe(3 + 304);
    expect<i32>(finish(gram, 1)).toBe(1);
    release(marked);
  });

  it("of no rows is zero", () => {
    expect<i32>(columnsGram(0, 5, 1, 0)).toBe(0);
    expect<i32>(columnsGram(0, 5, 1, 2)).toBe(0);
  });

  it("of centred rows is their covariance times their number", () => {
    const marked = mark();
    const rows = STEPS + 20;
    const columns = 5;
    const w = matrix(rows, columns, columns);
    const gram = cleared(columns, 1);
    for (let i: usize = 0; i < <usize>(rows * columns); i++) store<f32>(w + (i << 2), load<f32>(w + (i << 2)) + 1000);
    add(gram, w, rows, columns, 1);
    finish(gram, 1);
    mirror(gramTotal(gram), gramSide(gram));
    for (let a = 0; a < columns; a++) {
      for (let b = 0; b < columns; b++) {
        let sum: f64 = 0;
        let sumA: f64 = 0;
        let sumB: f64 = 0;
        for (let i = 0; i < rows; i++) {
          sumA += <f64>value(i, a);
          sumB += <f64>value(i, b);
          sum += <f64>value(i, a) * <f64>value(i, b);
        }
        const expected = sum - (sumA * sumB) / <f64>rows;
        const found = load<f64>(gramTotal(gram) + ((<usize>(a * gramSide(gram) + b)) << 3));
        expect<bool>(Math.abs(found - expected) <= 1e-3 * <f64>rows).toBe(true);
      }
    }
    release(marked);
  });

  it("has the mean of centred rows, padding and all", () => {
    const marked = mark();
    const rows = STEPS + 5;
    const columns = 11;
    const w = matrix(rows, columns, 12);
    const gram = cleared(columns, 1);
    const out = allocate(<f64>gramSide(gram) * 8);
    add(gram, w, rows, 12);
    finish(gram);
    gramMean(gram, out);
    for (let j = 0; j < gramSide(gram); j++) {
      let sum: f64 = 0;
      if (j < columns) for (let i = 0; i < rows; i++) sum += <f64>value(i, j);
      expect<bool>(Math.abs(load<f64>(out + ((<usize>j) << 3)) - sum / <f64>rows) < 1e-5).toBe(true);
    }
    release(marked);
  });

  it("of rows is the sum over columns, whole or from groups", () => {
    const marked = mark();
    const rows = 21;
    const columns = STEPS + 37;
    const stride = (columns + 3) & ~3;
    const side = 24;
    const w = matrix(rows, columns, stride);
    const total = allocate(<f64>(side * (side + 8)) * 8);
    const panels = allocate(<f64>(side + 32) * <f64>STEPS * 4);
    for (let grouped = 0; grouped < 2; grouped++) {
      memory.fill(total, 0, (<usize>(side * (side + 8))) << 3);
      if (grouped == 0) addRowProducts(w, rows, w, rows, columns, stride, panels, total, side);
      else {
        const second = w + ((<usize>(8 * stride)) << 2);
        addRowProducts(w, 8, w, 8, columns, stride, panels, total, side);
        addRowProducts(w, 8, second, 13, columns, stride, panels, total + (8 << 3), side);
        addRowProducts(second, 13, second, 13, columns, stride, panels, total + ((<usize>(8 * side + 8)) << 3), side);
      }
      mirror(total, side);
      let wrong = 0;
      for (let a = 0; a < rows; a++) {
        for (let b = 0; b < rows; b++) {
          let sum: f64 = 0;
          for (let j = 0; j < columns; j++) sum += <f64>value(a, j) * <f64>value(b, j);
          if (load<f64>(total + ((<usize>(a * side + b)) << 3)) != sum) wrong++;
        }
      }
      expect<i32>(wrong).toBe(0);
    }
    release(marked);
  });
});
