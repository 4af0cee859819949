/** The factor of a basis' Gram matrix, or its pseudo-inverse. */
import { allocate, mark, release } from "./memory";
import { createDecomposition, decompose, Decomposition } from "./svd";
import { Basis, windowOf } from "./basis-record";

/** Singular values below this share of the largest are left out, as numpy.linalg.pinv leaves them with rcond. */
const RELATIVE_CUTOFF: f64 = 1e-6;

/** (G Gᵀ)[k][l] over the ±9 σ windows. */
export function gramEntry(basis: Basis, k: i32, l: i32): f64 {
  const a = windowOf(basis, k);
  const b = windowOf(basis, l);
  const from = max(load<i32>(a), load<i32>(b));
  const to = min(load<i32>(a) + load<i32>(a, 4), load<i32>(b) + load<i32>(b, 4));
  let p = load<usize>(a, 8) + ((<usize>(from - load<i32>(a))) << 3);
  let q = load<usize>(b, 8) + ((<usize>(from - load<i32>(b))) << 3);
  let sum: f64 = 0;
  for (let j = from; j < to; j++, p += 8, q += 8) sum += load<f64>(p) * load<f64>(q);
  return sum;
}

/** Room for the factor: columns before the first are zeros, so that the solve needs no border case. */
export function createFactor(basis: Basis): bool {
  const bytes = <f64>basis.gaussians * <f64>basis.band * 8;
  basis.lower = allocate(bytes);
  basis.upper = allocate(bytes);
  basis.inverse = allocate(<f64>basis.gaussians * 8);
  if (!basis.lower || !basis.upper || !basis.inverse) return false;
  memory.fill(basis.lower, 0, <usize>bytes);
  memory.fill(basis.upper, 0, <usize>bytes);
  return true;
}

/** Banded Cholesky, row by row: one entry of row k, in column `at`. Gives about its multiplications. */
export function addEntry(basis: Basis): i32 {
  const k = basis.k;
  const p = basis.band;
  const first = max(0, k - p);
  if (basis.at <= first) {
    basis.at = first;
    basis.diagonal = gramEntry(basis, k, k);
  }
  const l = basis.at;
  const row = basis.lower + ((<usize>k * <usize>p) << 3);
  if (l < k) {
    const other = basis.lower + ((<usize>l * <usize>p) << 3);
    let v = gramEntry(basis, k, l);
    for (let m = first; m < l; m++)
      v -= load<f64>(row + ((<usize>(m - k + p)) << 3)) * load<f64>(other + ((<usize>(m - l + p)) << 3));
    v *= load<f64>(basis.inverse + ((<usize>l) << 3));
    store<f64>(row + ((<usize>(l - k + p)) << 3), v);
    store<f64>(basis.upper + ((<usize>l * <usize>p + <usize>(k - l - 1)) << 3), v);
    basis.diagonal -= v * v;
    basis.at = l + 1;
  }
  if (basis.at >= k) {
    store<f64>(basis.inverse + ((<usize>k) << 3), 1 / Math.sqrt(basis.diagonal));
    basis.k = k + 1;
    basis.at = 0;
  }
  return load<i32>(windowOf(basis, k), 4) + p;
}

/** pinv(G, rcond = 1e-6) as two factors, from G = U S Vᵀ: U S⁻¹ and S⁻¹ Uᵀ over the kept singular values. */
export function createPseudoInverse(basis: Basis): bool {
  const n = <f64>basis.gaussians;
  const width = max(basis.columns, basis.gaussians);
  basis.project = allocate(n * n * 8);
  basis.expand = allocate(n * n * 8);
  basis.marked = mark();
  const g = allocate(n * <f64>width * 8);
  const u = allocate(n * n * 8);
  const s = allocate(n * 8);
  if (!basis.project || !basis.expand || !g || !u || !s) return false;
  basis.decomposition = createDecomposition(g, basis.gaussians, width, u, s);
  return basis.decomposition != 0;
}

/** Row k of G and of the identity. Gives about its multiplications. */
export function placeRow(basis: Basis): i32 {
  const record = changetype<Decomposition>(basis.decomposition);
  const k = <usize>basis.k;
  basis.k++;
  const window = windowOf(basis, <i32>k);
  const row = record.a + ((k * record.columns) << 3);
  memory.fill(row, 0, record.columns << 3);
  memory.copy(row + ((<usize>load<i32>(window)) << 3), load<usize>(window, 8), (<usize>load<i32>(window, 4)) << 3);
  memory.fill(record.u + ((k * record.rows) << 3), 0, record.rows << 3);
  store<f64>(record.u + ((k * record.rows + k) << 3), 1);
  return <i32>record.columns;
}

/** As `decompose`. */
export function decomposeBasis(basis: Basis, budget: f64): f64 {
  return decompose(changetype<Decomposition>(basis.decomposition), budget);
}

function largestOf(record: Decomposition): f64 {
  let largest: f64 = 0;
  for (let i: usize = 0; i < record.rows; i++) largest = Math.max(largest, load<f64>(record.s + (i << 3)));
  return largest;
}

/** How many singular values are kept. */
export function countRank(basis: Basis): void {
  const record = changetype<Decomposition>(basis.decomposition);
  const largest = largestOf(record);
  basis.rank = 0;
  for (let i: usize = 0; i < record.rows; i++)
    if (load<f64>(record.s + (i << 3)) >= RELATIVE_CUTOFF * largest && largest > 0) basis.rank++;
}

/** The next column of the factors, `at`, from singular vector k; after the last the rest of the memory is free. */
export function addColumn(basis: Basis): i32 {
  const record = changetype<Decomposition>(basis.decomposition);
  const n = record.rows;
  const i = <usize>basis.k;
  basis.k++;
  const sigma = load<f64>(record.s + (i << 3));
  const largest = largestOf(record);
  if (sigma >= RELATIVE_CUTOFF * largest && largest > 0) {
    const column = <usize>basis.at;
    basis.at++;
    for (let k: usize = 0; k < n; k++) {
      const v = load<f64>(record.u + ((k * n + i) << 3)) / sigma;
      store<f64>(basis.project + ((k * <usize>basis.rank + column) << 3), v);
      store<f64>(basis.expand + ((column * n + k) << 3), v);
    }
  }
  if (basis.k == basis.gaussians) release(basis.marked);
  return 4 * basis.gaussians;
}
