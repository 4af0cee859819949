/** Scalar float64 references of the kernels: the formulas of docs/method.md, written once more without any speed. */

export type Rows = number[][];

export const rowsOf = (data: ArrayLike<number>, rows: number, columns: number): Rows =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => Math.fround(data[i * columns + j])));

export function basisOf(columns: number, gaussians: number, width: number): Rows {
  const sigma = (width * columns) / gaussians;
  return Array.from({ length: gaussians }, (_, k) => {
    const centre = gaussians === 1 ? (columns - 1) / 2 : (k * (columns - 1)) / (gaussians - 1);
    return Array.from({ length: columns }, (_, j) => Math.exp(-((j - centre) ** 2) / (2 * sigma * sigma)));
  });
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** x with A x = b for symmetric positive definite A, by Cholesky. */
export function solve(a: Rows, b: number[]): number[] {
  const n = b.length;
  const l = a.map((row) => [...row]);
  const x = [...b];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let v = l[i][j];
      for (let k = 0; k < j; k++) v -= l[i][k] * l[j][k];
      l[i][j] = i === j ? Math.sqrt(v) : v / l[j][j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i][k] * x[k];
    x[i] /= l[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
  return x;
}

/** Least-squares fit of every row on a well-conditioned basis. */
export function fitOf(
  w: Rows,
  basis: Rows,
): { amplitudes: Rows; residuals: number[]; squares: number[]; variations: number[] } {
  const gram = basis.map((g) => basis.map((h) => dot(g, h)));
  const amplitudes = w.map((row) =>
    solve(
      gram,
      basis.map((g) => dot(g, row)),
    ),
  );
  const residuals = w.map((row, i) =>
    row.reduce((sum, x, j) => sum + (x - amplitudes[i].reduce((s, a, k) => s + a * basis[k][j], 0)) ** 2, 0),
  );
  const squares = w.map((row) => dot(row, row));
  const variations = w.map((row) => {
    const mean = row.reduce((s, x) => s + x, 0) / row.length;
    return row.reduce((s, x) => s + (x - mean) ** 2, 0);
  });
  return { amplitudes, residuals, squares, variations };
}

/** σ², largest first, by cyclic Jacobi on the Gram matrix of the rows. */
export function squaredSingularValues(w: Rows): number[] {
  const a = w.map((x) => w.map((y) => dot(x, y)));
  const n = a.length;
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        for (let k = 0; k < n; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
      }
    }
  }
  return a.map((row, i) => row[i]).sort((x, y) => y - x);
}
