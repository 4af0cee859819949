import { allocate, mark, release } from "../memory";
import { addProduct, Product, productScratch, roundValues } from "../factors";

function value(i: i32, j: i32): f32 {
  return <f32>(((i * 7919 + j * 104729 + 13) % 17) - 8) / 3;
}

/** Cells that differ from three nested loops over f64, A stored by rows or by columns. */
function wrongCells(rows: i32, inner: i32, columns: i32, transposed: bool): i32 {
  const marked = mark();
  const strideB = columns + 1;
  const strideC = columns + 2;
  const a = allocate(<f64>(rows * inner) * 4 + 16);
  const b = allocate(<f64>(inner * strideB) * 4 + 16);
  const c = allocate(<f64>(rows * strideC) * 8 + 16);
  const scratch = allocate(productScratch(rows));
  const rowStep = transposed ? 1 : inner;
  const innerStep = transposed ? rows : 1;
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) store<f32>(a + ((<usize>(i * rowStep + k * innerStep)) << 2), value(i, k));
  for (let k = 0; k < inner; k++)
    for (let j = 0; j < columns; j++) store<f32>(b + ((<usize>(k * strideB + j)) << 2), value(k, j + 5));
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < strideC; j++) store<f64>(c + ((<usize>(i * strideC + j)) << 3), <f64>j);
  const p = changetype<Product>(allocate(<f64>offsetof<Product>()));
  p.a = a;
  p.rowStep = rowStep;
  p.innerStep = innerStep;
  p.rows = rows;
  p.inner = inner;
  p.b = b;
  p.strideB = strideB;
  p.columns = columns;
  p.c = c;
  p.strideC = strideC;
  p.scratch = scratch;
  addProduct(changetype<usize>(p));
  let wrong = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < strideC; j++) {
      let sum = <f64>j;
      if (j < columns) for (let k = 0; k < inner; k++) sum += <f64>value(i, k) * <f64>value(k, j + 5);
      if (load<f64>(c + ((<usize>(i * strideC + j)) << 3)) != sum) wrong++;
    }
  }
  release(marked);
  return wrong;
}

describe("products of factors", () => {
  it("have the bits of three nested loops in any shape, and touch nothing beside", () => {
    expect<i32>(wrongCells(1, 1, 1, false)).toBe(0);
    expect<i32>(wrongCells(4, 128, 4, false)).toBe(0);
    expect<i32>(wrongCells(7, 129, 9, false)).toBe(0);
    expect<i32>(wrongCells(9, 300, 6, true)).toBe(0);
    expect<i32>(wrongCells(33, 5, 17, true)).toBe(0);
    expect<i32>(wrongCells(3, 0, 5, false)).toBe(0);
    expect<i32>(wrongCells(0, 4, 5, false)).toBe(0);
    expect<i32>(wrongCells(4, 4, 0, false)).toBe(0);
  });

  it("are rounded once", () => {
    const marked = mark();
    const source = allocate(16);
    const target = allocate(8);
    store<f64>(source, 1 + 1.0 / 33554432);
    store<f64>(source, 1e300, 8);
    roundValues(source, 2, target);
    expect<f32>(load<f32>(target)).toBe(1);
    expect<f32>(load<f32>(target, 4)).toBe(<f32>Infinity);
    release(marked);
  });
});
