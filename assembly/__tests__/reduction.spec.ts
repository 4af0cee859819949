import { keepReflectors, turnThroughPanels, turnThroughSweeps, vectorWidth } from "../back";
import { createReduction, reduceToBand } from "../band";
import { chase, tridiagonalOf } from "../chase";
import { allocate, mark, release } from "../memory";
import { tridiagonalValues } from "../tridiagonal";
import { Tridiagonal, tridiagonalVector } from "../tridiagonal-vectors";

// The runner's own heap grows behind the arena: pages taken first are the arena's alone.
const beginning = mark();
allocate(<f64>(8 << 20));
release(beginning);

const SIDE: i32 = 32;

// @ts-ignore: decorator
@inline
function at(p: usize, i: i32): f64 {
  return load<f64>(p + ((<usize>i) << 3));
}

/** The k-th eigenvalue that is planted: of either sign, all apart. */
function planted(k: i32): f64 {
  return <f64>(k + 1) * (k & 1 ? -0.5 : 1);
}

/** An entry of the unit vector that all is reflected by. */
function unit(i: i32, order: i32): f64 {
  return (i & 1 ? -1.0 : 1.0) / Math.sqrt(<f64>order);
}

/** H D H, H = I - 2 u uᵀ: its eigenvalues are D's entries. The lower triangle is not a number. */
function reflected(order: i32, stride: i32): usize {
  const a = allocate(<f64>(order * stride) * 8);
  let inner: f64 = 0;
  for (let k = 0; k < order; k++) inner += unit(k, order) * planted(k) * unit(k, order);
  for (let i = 0; i < order; i++) {
    for (let j = 0; j < stride; j++) {
      const both = unit(i, order) * unit(j, order);
      const entry = (i == j ? planted(i) : 0) - 2 * both * (planted(i) + planted(j)) + 4 * inner * both;
      store<f64>(a + ((<usize>(i * stride + j)) << 3), j < i || j >= order ? NaN : entry);
    }
  }
  return a;
}

/** All of the reduction, `tiles` at a time and `sweeps` at a time. */
function reduced(a: usize, order: i32, stride: i32, keep: bool, tiles: i32, sweeps: i32): usize {
  const reduction = createReduction(a, order, stride, 1);
  if (keep) keepReflectors(reduction);
  const panels = (order + SIDE - 1) / SIDE;
  for (let panel = 0; panel < panels; ) panel = reduceToBand(reduction, tiles);
  for (let first = 0; first < order - 1; first += sweeps) chase(reduction, first, min(order - 1, first + sweeps));
  return reduction;
}

/** How far the values at `values` lie from those planted, at most. */
function worst(values: usize, order: i32): f64 {
  let most: f64 = 0;
  for (let k = 0; k < order; k++) {
    let nearest = Infinity;
    for (let i = 0; i < order; i++) nearest = min(nearest, Math.abs(at(values, i) - planted(k)));
    most = max(most, nearest);
  }
  return most;
}

/** Values of the tridiagonal matrix of a reduction, with `budget` rotations at a time. */
function valuesOf(diagonal: usize, beside: usize, order: i32, budget: i32): usize {
  const values = allocate(<f64>order * 8);
  const squares = allocate(<f64>order * 8);
  for (let i = 0; i < order; i++) {
    store<f64>(values + ((<usize>i) << 3), at(diagonal, i) / <f64>order);
    store<f64>(squares + ((<usize>i) << 3), (at(beside, i) * at(beside, i)) / <f64>(order * order));
  }
  for (let found = 0; found < order && found >= 0; ) found = tridiagonalValues(values, squares, order, found, budget);
  for (let i = 0; i < order; i++) store<f64>(values + ((<usize>i) << 3), at(values, i) * <f64>order);
  return values;
}

function errorOf(order: i32, stride: i32, tiles: i32, sweeps: i32): f64 {
  const marked = mark();
  const reduction = reduced(reflected(order, stride), order, stride, false, tiles, sweeps);
  const diagonal = allocate(<f64>order * 8);
  const beside = allocate(<f64>order * 8);
  tridiagonalOf(reduction, diagonal, beside);
  const error = worst(valuesOf(diagonal, beside, order, 1000), order) / <f64>order;
  release(marked);
  return error;
}

/** The largest entry of A x - λ x, and of how far vectors are from orthonormal, for the eigenvectors of 0, 3, 6 …. */
function vectorsError(order: i32): f64 {
  const marked = mark();
  const kept = reflected(order, order);
  const reduction = reduced(reflected(order, order), order, order, true, 1 << 20, 8);
  const diagonal = allocate(<f64>order * 8);
  const beside = allocate(<f64>order * 8);
  tridiagonalOf(reduction, diagonal, beside);
  const width = vectorWidth(reduction);
  const rows = allocate(<f64>(SIDE * width) * 8);
  memory.fill(rows, 0, (<usize>(SIDE * width)) << 3);
  const record = changetype<Tridiagonal>(allocate(<f64>offsetof<Tridiagonal>()));
  record.diagonal = diagonal;
  record.beside = beside;
  record.order = order;
  record.stride = width << 3;
  record.largest = <f64>order;
  record.work = allocate(<f64>order * 40);
  const count = min(SIDE, (order + 2) / 3);
  for (let k = 0; k < count; k++)
    tridiagonalVector(changetype<usize>(record), planted(3 * k), k, rows + ((<usize>(k * width)) << 3), 0);
  const scratch = allocate(<f64>((width / SIDE + 1) * SIDE * SIDE) * 8);
  const vectors = allocate(<f64>(SIDE * order) * 8);
  turnThroughSweeps(reduction, rows);
  turnThroughPanels(reduction, rows, scratch, count, vectors);
  let most: f64 = 0;
  for (let k = 0; k < count; k++) {
    const x = vectors + ((<usize>(k * order)) << 3);
    for (let i = 0; i < order; i++) {
      let image: f64 = 0;
      for (let j = 0; j < order; j++) image += at(kept, min(i, j) * order + max(i, j)) * at(x, j);
      most = max(most, Math.abs(image - planted(3 * k) * at(x, i)) / <f64>order);
    }
    for (let l = 0; l <= k; l++) {
      let inner: f64 = 0;
      for (let j = 0; j < order; j++) inner += at(x, j) * at(vectors, l * order + j);
      most = max(most, Math.abs(inner - (l == k ? 1 : 0)));
    }
  }
  release(marked);
  return most;
}

describe("reduction to three diagonals", () => {
  it("keeps eigenvalues, at orders within, at and about a tile, at any stride", () => {
    for (let order = 1; order <= 4; order++) expect<bool>(errorOf(order, order + 1, 1 << 20, 8) < 1e-14).toBe(true);
    expect<bool>(errorOf(31, 31, 1 << 20, 8) < 1e-14).toBe(true);
    expect<bool>(errorOf(32, 40, 1 << 20, 8) < 1e-14).toBe(true);
    expect<bool>(errorOf(33, 33, 1 << 20, 8) < 1e-14).toBe(true);
    expect<bool>(errorOf(64, 64, 1 << 20, 8) < 1e-14).toBe(true);
    expect<bool>(errorOf(75, 76, 1 << 20, 8) < 1e-14).toBe(true);
    expect<bool>(errorOf(130, 130, 1 << 20, 8) < 1e-14).toBe(true);
  });

  it("has the same bits in slices of any size", () => {
    let wrong = 0;
    const order = 101;
    const marked = mark();
    const one = reduced(reflected(order, order), order, order, false, 1 << 20, order);
    const other = reduced(reflected(order, order), order, order, false, 1, 8);
    const d = [one, other].map<usize>(() => allocate(<f64>101 * 8));
    const e = [one, other].map<usize>(() => allocate(<f64>101 * 8));
    tridiagonalOf(one, d[0], e[0]);
    tridiagonalOf(other, d[1], e[1]);
    for (let i = 0; i < order; i++) {
      if (at(d[0], i) != at(d[1], i)) wrong++;
      if (i < order - 1 && at(e[0], i) != at(e[1], i)) wrong++;
    }
    release(marked);
    expect<i32>(wrong).toBe(0);
  });

  it("of zeros is zeros", () => {
    const marked = mark();
    const order = 40;
    const a = allocate(<f64>(order * order) * 8);
    memory.fill(a, 0, (<usize>(order * order)) << 3);
    const reduction = reduced(a, order, order, false, 1 << 20, 8);
    const d = allocate(<f64>order * 8);
    const e = allocate(<f64>order * 8);
    tridiagonalOf(reduction, d, e);
    let wrong = 0;
    for (let i = 0; i < order; i++) if (at(d, i) != 0) wrong++;
    release(marked);
    expect<i32>(wrong).toBe(0);
  });

  it("turns eigenvectors back, orthonormal and with small residuals", () => {
    expect<bool>(vectorsError(3) < 1e-13).toBe(true);
    expect<bool>(vectorsError(32) < 1e-13).toBe(true);
    expect<bool>(vectorsError(75) < 1e-13).toBe(true);
    expect<bool>(vectorsError(100) < 1e-13).toBe(true);
  });
});
