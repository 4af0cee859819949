import { allocate, mark, release } from "../memory";
import { applyGram, joinPartial, roundBlock } from "../power";
import { blockProducts, blockUpdate } from "../block-products";
import { sparseBlock, sparseVector } from "../sparse";

// The runner's own heap grows behind the arena: pages taken first are the arena's alone.
const beginning = mark();
allocate(<f64>(1 << 21));
release(beginning);

/** Values in [-1, 1) that repeat from run to run. */
let state: u32 = 1;
function next(): f32 {
  state = state * 1664525 + 1013904223;
  return <f32>(<i32>state) / 2147483648;
}

function fill(count: i32): usize {
  const p = allocate(<f64>count * 4);
  for (let i = 0; i < count; i++) store<f32>(p + ((<usize>i) << 2), next());
  return p;
}

// @ts-ignore: decorator
@inline
function f(p: usize, i: i32): f64 {
  return <f64>load<f32>(p + ((<usize>i) << 2));
}

/** Largest departure of WᵀW x, applied in blocks of `step` rows, from the definition in f64. */
function gramError(rows: i32, columns: i32, stride: i32, step: i32): f64 {
  const marked = mark();
  const w = fill(rows * stride);
  const x = fill(columns * 8);
  const image = allocate(<f64>columns * 32);
  const partial = allocate(<f64>columns * 32);
  const total = allocate(<f64>columns * 64);
  memory.fill(partial, 0, <usize>columns * 32);
  memory.fill(total, 0, <usize>columns * 64);
  for (let row = 0; row < rows; row += step)
    applyGram(w + ((<usize>(row * stride)) << 2), min(step, rows - row), columns, stride, row, x, partial, total);
  joinPartial(columns, partial, total);
  roundBlock(columns, total, 0.5, image);
  let worst: f64 = 0;
  for (let k = 0; k < 8; k++) {
    for (let j = 0; j < columns; j++) {
      let sum: f64 = 0;
      for (let i = 0; i < rows; i++) {
        let dot: f64 = 0;
        for (let c = 0; c < columns; c++) dot += f(w, i * stride + c) * f(x, c * 8 + k);
        sum += f(w, i * stride + j) * dot;
      }
      worst = max(worst, Math.abs(f(image, j * 8 + k) - 0.5 * sum));
    }
  }
  release(marked);
  return worst / <f64>max(1, rows * columns);
}

describe("blocks of eight vectors", () => {
  it("go through WᵀW, whatever the shape and the blocks of rows", () => {
    expect<f64>(gramError(1, 1, 1, 1)).toBeLessThan(1e-6);
    expect<f64>(gramError(7, 5, 8, 3)).toBeLessThan(1e-6);
    expect<f64>(gramError(130, 131, 132, 130)).toBeLessThan(1e-6);
    expect<f64>(gramError(257, 9, 9, 64)).toBeLessThan(1e-6);
    expect<f64>(gramError(0, 4, 4, 1)).toBe(0);
  });

  it("have inner products at every length, of a block with itself too", () => {
    const marked = mark();
    const a = fill(70 * 8);
    const products = allocate(512);
    let worst: f64 = 0;
    for (let n = 0; n < 70; n++) {
      blockProducts(n, a, a, products);
      for (let p = 0; p < 8; p++) {
        for (let q = 0; q < 8; q++) {
          let sum: f64 = 0;
          for (let i = 0; i < n; i++) sum += f(a, i * 8 + p) * f(a, i * 8 + q);
          worst = max(worst, Math.abs(load<f64>(products + ((<usize>(p * 8 + q)) << 3)) - sum));
        }
      }
    }
    expect<f64>(worst).toBeLessThan(1e-13);
    release(marked);
  });

  it("have inner products, and are combined, in f64", () => {
    const marked = mark();
    const n = 37;
    const a = fill(n * 8);
    const b = fill(n * 8);
    const products = allocate(512);
    const kept = allocate(<f64>n * 32);
    blockProducts(n, a, b, products);
    let worst: f64 = 0;
    for (let p = 0; p < 8; p++) {
      for (let q = 0; q < 8; q++) {
        let sum: f64 = 0;
        for (let i = 0; i < n; i++) sum += f(a, i * 8 + p) * f(b, i * 8 + q);
        worst = max(worst, Math.abs(load<f64>(products + ((<usize>(p * 8 + q)) << 3)) - sum));
      }
    }
    expect<bool>(worst < 1e-13).toBe(true);
    memory.copy(kept, b, <usize>n * 32);
    blockUpdate(n, b, 2, a, products);
    worst = 0;
    for (let i = 0; i < n; i++) {
      for (let q = 0; q < 8; q++) {
        let sum = 2 * f(kept, i * 8 + q);
        for (let p = 0; p < 8; p++) sum += f(a, i * 8 + p) * load<f64>(products + ((<usize>(p * 8 + q)) << 3));
        worst = max(worst, Math.abs(f(b, i * 8 + q) - sum));
      }
    }
    expect<bool>(worst < 1e-5).toBe(true);
    release(marked);
  });
});

describe("compressed sparse rows", () => {
  it("multiply one vector and eight, rows empty and long", () => {
    const marked = mark();
    const columns = 600;
    const offsets = allocate(16);
    const indices = allocate(2400 + 4);
    const values = fill(601);
    const x = fill(columns * 8);
    const single = allocate(<f64>columns * 8);
    // Row 0 is empty, row 1 holds the last column, row 2 every one.
    store<u32>(offsets, 0);
    store<u32>(offsets, 0, 4);
    store<u32>(offsets, 1, 8);
    store<u32>(offsets, 601, 12);
    store<u32>(indices, 599);
    for (let j = 0; j < 600; j++) store<u32>(indices + ((<usize>(j + 1)) << 2), j);
    for (let j = 0; j < columns; j++) store<f64>(single + ((<usize>j) << 3), f(x, j * 8));
    const y = allocate(96);
    const y1 = allocate(24);
    sparseBlock(3, offsets, indices, values, x, 0, 0, 1, y);
    sparseVector(3, offsets, indices, values, single, y1);
    expect<f64>(f(y, 0)).toBe(0);
    expect<f64>(load<f64>(y1)).toBe(0);
    let worst: f64 = 0;
    for (let k = 0; k < 8; k++) {
      let sum: f64 = 0;
      for (let j = 0; j < 600; j++) sum += f(values, j + 1) * f(x, j * 8 + k);
      worst = max(worst, Math.abs(f(y, 16 + k) - sum));
      worst = max(worst, Math.abs(f(y, 8 + k) - f(values, 0) * f(x, 599 * 8 + k)));
      if (k == 0) worst = max(worst, Math.abs(load<f64>(y1, 16) - sum));
    }
    expect<bool>(worst < 1e-4).toBe(true);
    release(marked);
  });

  it("carry a factor and two rank-one terms, at every length of row", () => {
    const marked = mark();
    const rows = 12;
    const offsets = allocate(52);
    const indices = allocate(66 * 4);
    const values = fill(66);
    const x = fill(rows * 8);
    const y = allocate(rows * 32);
    const p = allocate(rows * 16);
    const sums = allocate(128);
    let at = 0;
    for (let i = 0; i < rows; i++) {
      store<u32>(offsets + ((<usize>i) << 2), at);
      for (let j = 0; j < i; j++, at++) store<u32>(indices + ((<usize>at) << 2), j);
    }
    store<u32>(offsets, at, 48);
    for (let k: usize = 0; k < 24; k++) store<f64>(p + (k << 3), <f64>next());
    for (let k: usize = 0; k < 16; k++) store<f64>(sums + (k << 3), <f64>next());
    for (let carried = 0; carried < 2; carried++) {
      sparseBlock(rows, offsets, indices, values, x, carried ? p : 0, sums, 0.25, y);
      let worst: f64 = 0;
      for (let i = 0, first = 0; i < rows; first += i++) {
        for (let k = 0; k < 8; k++) {
          let sum: f64 = 0;
          for (let j = 0; j < i; j++) sum += f(values, first + j) * f(x, j * 8 + k);
          if (carried)
            for (let t = 0; t < 2; t++)
              sum += load<f64>(p + ((<usize>(2 * i + t)) << 3)) * load<f64>(sums + ((<usize>(8 * t + k)) << 3));
          worst = max(worst, Math.abs(f(y, i * 8 + k) - 0.25 * sum));
        }
      }
      expect<bool>(worst < 1e-6).toBe(true);
    }
    release(marked);
  });
});
