import { symmetricEigen, symmetricProduct, tridiagonalEigenvalues } from "../eigen";
import { allocate, mark, release } from "../memory";

function matrix(values: f64[]): usize {
  const p = allocate(<f64>values.length * 8);
  for (let i = 0; i < values.length; i++) store<f64>(p + ((<usize>i) << 3), values[i]);
  return p;
}

/** The i-th smallest of `n` values. */
function nth(values: usize, n: i32, i: i32): f64 {
  for (let k = 0; k < n; k++) {
    const x = load<f64>(values + ((<usize>k) << 3));
    let below = 0;
    for (let j = 0; j < n; j++) if (load<f64>(values + ((<usize>j) << 3)) < x) below++;
    if (below == i) return x;
  }
  return NaN;
}

function near(a: f64, b: f64): bool {
  return Math.abs(a - b) < 1e-14 * max<f64>(1, Math.abs(b));
}

describe("symmetric eigenproblem", () => {
  it("has the eigenvalues of small matrices", () => {
    const marked = mark();
    // The second difference of 3 points: 2 - √2, 2, 2 + √2.
    const a = matrix([2, -1, 0, -1, 2, -1, 0, -1, 2]);
    const values = allocate(24);
    const vectors = allocate(72);
    const scratch = allocate(72);
    expect<i32>(symmetricEigen(a, 3, values, vectors, scratch)).toBe(1);
    expect<bool>(near(nth(values, 3, 0), 2 - Math.sqrt(2))).toBe(true);
    expect<bool>(near(nth(values, 3, 1), 2)).toBe(true);
    expect<bool>(near(nth(values, 3, 2), 2 + Math.sqrt(2))).toBe(true);
    const one = matrix([-7]);
    symmetricEigen(one, 1, values, vectors, scratch);
    expect<f64>(load<f64>(values)).toBe(-7);
    expect<f64>(load<f64>(vectors)).toBe(1);
    const zero = matrix([0, 0, 0, 0]);
    symmetricEigen(zero, 2, values, vectors, scratch);
    expect<f64>(load<f64>(values)).toBe(0);
    expect<f64>(load<f64>(values, 8)).toBe(0);
    release(marked);
  });

  it("has eigenvectors that the matrix only stretches", () => {
    const marked = mark();
    const n = 5;
    const entries: f64[] = [4, 1, -2, 0.5, 3, 1, -1, 0, 2, 1, -2, 0, 6, -1, 0.25, 0.5, 2, -1, 0, 1, 3, 1, 0.25, 1, -5];
    const a = matrix(entries);
    const kept = matrix(entries);
    const values = allocate(40);
    const vectors = allocate(200);
    const scratch = allocate(120);
    const image = allocate(40);
    expect<i32>(symmetricEigen(a, n, values, vectors, scratch)).toBe(1);
    let worst: f64 = 0;
    for (let i = 0; i < n; i++) {
      const v = vectors + ((<usize>(i * n)) << 3);
      symmetricProduct(kept, n, n, v, image);
      for (let k = 0; k < n; k++)
        worst = max(
          worst,
          Math.abs(
            load<f64>(image + ((<usize>k) << 3)) -
              load<f64>(values + ((<usize>i) << 3)) * load<f64>(v + ((<usize>k) << 3)),
          ),
        );
    }
    expect<bool>(worst < 1e-14 * 40).toBe(true);
    release(marked);
  });

  it("is multiplied by its upper triangle alone, at odd and even orders and any stride", () => {
    let wrong = 0;
    for (let n = 1; n < 12; n++) {
      const marked = mark();
      const stride = n + (n % 3);
      const a = allocate(<f64>(n * stride) * 8);
      const x = allocate(<f64>n * 8);
      const y = allocate(<f64>n * 8 + 8);
      store<f64>(y + ((<usize>n) << 3), 12345);
      for (let i = 0; i < n; i++) {
        store<f64>(x + ((<usize>i) << 3), <f64>(((i * 5) % 7) - 3));
        for (let j = 0; j < stride; j++)
          store<f64>(a + ((<usize>(i * stride + j)) << 3), i <= j && j < n ? <f64>(((i * 3 + j * 11) % 13) - 6) : NaN);
      }
      symmetricProduct(a, n, stride, x, y);
      for (let i = 0; i < n; i++) {
        let sum: f64 = 0;
        for (let j = 0; j < n; j++)
          sum += <f64>(((min(i, j) * 3 + max(i, j) * 11) % 13) - 6) * load<f64>(x + ((<usize>j) << 3));
        if (load<f64>(y + ((<usize>i) << 3)) != sum) wrong++;
      }
      if (load<f64>(y + ((<usize>n) << 3)) != 12345) wrong++;
      release(marked);
    }
    expect<i32>(wrong).toBe(0);
  });

  it("splits a tridiagonal matrix where it falls apart", () => {
    const marked = mark();
    const d = matrix([3, 1, 2, -4]);
    const e = matrix([0, 0, 0, 0]);
    expect<i32>(tridiagonalEigenvalues(d, e, 4, d, 0)).toBe(1);
    expect<f64>(nth(d, 4, 0)).toBe(-4);
    expect<f64>(nth(d, 4, 3)).toBe(3);
    release(marked);
  });
});
