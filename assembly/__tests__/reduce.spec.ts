import { allocate, mark, release } from "../memory";
import { Moments, startMoments } from "../moments";
import { addMoments } from "../reduce";

// The runner's own heap grows behind the arena: pages taken first are the arena's alone.
const beginning = mark();
allocate(<f64>(1 << 20));
release(beginning);

/** Values in [-1, 1) that repeat from run to run. */
let state: u32 = 1;
function next(): f32 {
  state = state * 1664525 + 1013904223;
  return <f32>(<i32>state) / 2147483648;
}

// @ts-ignore: decorator
@inline
function f(p: usize, i: i32): f32 {
  return load<f32>(p + ((<usize>i) << 2));
}

function moments(weights: usize, rows: i32, columns: i32, stride: i32, step: i32, rowSums: usize): Moments {
  const m = changetype<Moments>(allocate(<f64>offsetof<Moments>()));
  startMoments(m, weights, columns);
  for (let row = 0; row < rows; row += step)
    addMoments(
      m,
      weights + ((<usize>(row * stride)) << 2),
      min(step, rows - row),
      columns,
      stride,
      rowSums + <usize>row * 24,
    );
  return m;
}

const isFinite32 = (x: f32): bool => <f64>Math.abs(x) < Infinity;
let worst: f64 = 0;
function compare(actual: f64, expected: f64, size: f64): void {
  worst =
    actual == expected
      ? worst
      : max(worst, isFinite<f64>(actual) && size > 0 ? Math.abs(actual - expected) / size : Infinity);
}

/**
 * Largest departure from the definition in f64, relative to the sums of absolute terms; rows go in blocks of `step`.
 */
function error(weights: usize, rows: i32, columns: i32, stride: i32, step: i32): f64 {
  const marked = mark();
  const rowSums = allocate(<f64>rows * 24);
  const m = moments(weights, rows, columns, stride, step, rowSums);
  const s = m.shift;
  let finite = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  let q: f64 = 0;
  let s1: f64 = 0;
  let s2: f64 = 0;
  let s3: f64 = 0;
  let s4: f64 = 0;
  let a1: f64 = 0;
  let a3: f64 = 0;
  worst = 0;
  for (let i = 0; i < rows; i++) {
    let sum: f64 = 0;
    let size: f64 = 0;
    let squares: f64 = 0;
    let largest: f64 = 0;
    for (let j = 0; j < columns; j++) {
      const single = f(weights, i * stride + j);
      const x = <f64>single;
      const y = x - s;
      if (!isFinite32(single)) {
        largest = Infinity;
        continue;
      }
      finite++;
      minimum = min(minimum, x);
      maximum = max(maximum, x);
      largest = max(largest, Math.abs(x));
      sum += x;
      size += Math.abs(x);
      squares += x * x;
      s1 += y;
      s2 += y * y;
      s3 += y * y * y;
      s4 += y * y * y * y;
      a1 += Math.abs(y);
      a3 += Math.abs(y * y * y);
    }
    q += squares;
    const own = rowSums + <usize>i * 24;
    compare(load<f64>(own), sum, size);
    compare(load<f64>(own, 8), squares, squares);
    if (load<f64>(own, 16) != largest) worst = Infinity;
  }
  compare(m.squares, q, q);
  compare(m.first, s1, a1);
  compare(m.second, s2, s2);
  compare(m.third, s3, a3);
  compare(m.fourth, s4, s4);
  if (
    m.finite != <f64>finite ||
    m.nonFinite != <f64>(rows * columns - finite) ||
    m.minimum != minimum ||
    m.maximum != maximum
  )
    worst = Infinity;
  release(marked);
  return worst;
}

/** Rows of `columns` values in [mean - 1, mean + 1), times `size`, with 9s between them and the stride. */
function fill(rows: i32, columns: i32, stride: i32, mean: f32, size: f32): usize {
  const p = allocate(<f64>(rows * stride) * 4 + 16);
  for (let i = 0; i < rows * stride; i++)
    store<f32>(p + ((<usize>i) << 2), i % stride < columns ? (next() + mean) * size : 9);
  return p;
}

describe("moments", () => {
  it("are those of f64, whatever the length, the mean and the size", () => {
    let most: f64 = 0;
    for (let columns = 1; columns < 40; columns++) {
      for (let mean: f32 = -4; mean <= 4; mean += 2) {
        const stride = (columns + 3) & ~3;
        most = max(most, error(fill(3, columns, stride, mean, 1), 3, columns, stride, 2));
        release(beginning);
      }
    }
    expect<f64>(most).toBeLessThan(1e-6);
    expect<f64>(error(fill(2, 5000, 5000, 0, 1), 2, 5000, 5000, 1)).toBeLessThan(1e-6);
    expect<f64>(error(fill(2, 2055, 2056, 3, 1), 2, 2055, 2056, 1)).toBeLessThan(1e-6);
    expect<f64>(error(fill(3, 300, 300, 0, 1e30), 3, 300, 300, 3)).toBeLessThan(1e-6);
    expect<f64>(error(fill(3, 300, 300, 2, 1e-30), 3, 300, 300, 3)).toBeLessThan(1e-6);
    expect<f64>(error(fill(3, 2048, 2048, 0, 268435456), 3, 2048, 2048, 3)).toBeLessThan(1e-6);
    expect<f64>(error(fill(3, 2048, 2048, 1, 134217728), 3, 2048, 2048, 3)).toBeLessThan(1e-6);
    release(beginning);
  });

  it("find the minimum and the maximum of rows of one sign, and of zeros of either", () => {
    const p = fill(4, 21, 24, -3, 1);
    expect<f64>(error(p, 4, 21, 24, 1)).toBeLessThan(1e-6);
    for (let j = 0; j < 21; j++) store<f32>(p + 24 * 4 + (j << 2), <f32>(j + 1));
    expect<f64>(error(p, 4, 21, 24, 4)).toBeLessThan(1e-6);
    memory.fill(p, 0, 24 * 8);
    expect<f64>(error(p, 4, 21, 24, 4)).toBeLessThan(1e-6);
    expect<f64>(error(p, 2, 21, 24, 1)).toBe(0);
    store<f32>(p + 5 * 4, -0.0);
    const m = moments(p, 1, 21, 24, 1, allocate(24));
    expect<f64>(1 / m.minimum).toBe(-Infinity);
    expect<f64>(1 / m.maximum).toBe(Infinity);
    release(beginning);
  });

  it("leave out what is not finite, wherever it stands, and other rows as they are", () => {
    let most: f64 = 0;
    for (let at = 0; at < 41; at++) {
      for (let kind = 0; kind < 4; kind++) {
        const p = fill(3, 41, 44, 0, 1);
        store<u32>(
          p + (44 + at) * 4,
          kind == 0 ? 0x7f800000 : kind == 1 ? 0xff800000 : kind == 2 ? 0x7fc00000 : 0xffc00001,
        );
        most = max(most, error(p, 3, 41, 44, 3));
        release(beginning);
      }
    }
    expect<f64>(most).toBeLessThan(1e-6);
  });

  it("have the same bits in blocks of any size, with large and small rows between", () => {
    const p = fill(9, 1100, 1100, 0.5, 1);
    for (let j = 0; j < 1100; j++) {
      store<f32>(p + (2 * 1100 + j) * 4, next() * 1e25);
      store<f32>(p + (5 * 1100 + j) * 4, next() * 1e-25);
    }
    const sums = allocate(9 * 24);
    const others = allocate(9 * 24);
    const whole = moments(p, 9, 1100, 1100, 9, sums);
    expect<f64>(error(p, 9, 1100, 1100, 4)).toBeLessThan(1e-6);
    let different = 0;
    for (let step = 1; step < 9; step++) {
      const parts = moments(p, 9, 1100, 1100, step, others);
      if (
        memory.compare(changetype<usize>(whole), changetype<usize>(parts), offsetof<Moments>()) != 0 ||
        memory.compare(sums, others, 9 * 24) != 0
      )
        different++;
    }
    expect<i32>(different).toBe(0);
    release(beginning);
  });

  it("of no rows and of no columns are none", () => {
    const p = allocate(64);
    const sums = allocate(64);
    memory.fill(sums, 1, 64);
    expect<f64>(moments(p, 0, 4, 4, 1, sums).finite).toBe(0);
    expect<f64>(moments(p, 2, 0, 0, 2, sums).maximum).toBe(-Infinity);
    expect<f64>(load<f64>(sums, 40)).toBe(0);
    release(beginning);
  });
});
