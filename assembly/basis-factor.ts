/** The factor of a basis' Gram matrix, or its pseudo-inverse. */
import { allocate } from "./memory";
import { leftSingularVectors } from "./svd";
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

/** Banded Cholesky, row by row; columns before the first are zeros, so that the solve needs no border case. */
export function createFactor(basis: Basis): bool {
  const n = basis.gaussians;
  const p = basis.band;
  const bytes = <f64>n * <f64>p * 8;
  basis.lower = allocate(bytes);
  basis.upper = allocate(bytes);
  basis.inverse = allocate(<f64>n * 8);
  if (!basis.lower || !basis.upper || !basis.inverse) return false;
  memory.fill(basis.lower, 0, <usize>bytes);
  memory.fill(basis.upper, 0, <usize>bytes);
  for (let k = 0; k < n; k++) {
    const row = basis.lower + ((<usize>k * <usize>p) << 3);
    let diagonal = gramEntry(basis, k, k);
    for (let l = max(0, k - p); l < k; l++) {
      const other = basis.lower + ((<usize>l * <usize>p) << 3);
      let v = gramEntry(basis, k, l);
      for (let m = max(0, k - p); m < l; m++)
        v -= load<f64>(row + ((<usize>(m - k + p)) << 3)) * load<f64>(other + ((<usize>(m - l + p)) << 3));
      v *= load<f64>(basis.inverse + ((<usize>l) << 3));
      store<f64>(row + ((<usize>(l - k + p)) << 3), v);
      store<f64>(basis.upper + ((<usize>l * <usize>p + <usize>(k - l - 1)) << 3), v);
      diagonal -= v * v;
    }
    store<f64>(basis.inverse + ((<usize>k) << 3), 1 / Math.sqrt(diagonal));
  }
  return true;
}

/** pinv(G, rcond = 1e-6) as two factors, from G = U S Vᵀ: U S⁻¹ and S⁻¹ Uᵀ over the kept singular values. */
export function createPseudoInverse(basis: Basis): bool {
  const n = <usize>basis.gaussians;
  const width = <usize>max(basis.columns, basis.gaussians);
  const g = allocate(<f64>n * <f64>width * 8);
  const u = allocate(<f64>n * <f64>n * 8);
  const s = allocate(<f64>n * 8);
  basis.project = allocate(<f64>n * <f64>n * 8);
  basis.expand = allocate(<f64>n * <f64>n * 8);
  if (!g || !u || !s || !basis.project || !basis.expand) return false;
  memory.fill(g, 0, (n * width) << 3);
  for (let k: usize = 0; k < n; k++) {
    const window = windowOf(basis, <i32>k);
    memory.copy(
      g + ((k * width + <usize>load<i32>(window)) << 3),
      load<usize>(window, 8),
      (<usize>load<i32>(window, 4)) << 3,
    );
  }
  leftSingularVectors(g, <i32>n, <i32>width, u, s);
  let largest: f64 = 0;
  for (let i: usize = 0; i < n; i++) largest = Math.max(largest, load<f64>(s + (i << 3)));
  let rank: usize = 0;
  for (let i: usize = 0; i < n; i++) if (load<f64>(s + (i << 3)) >= RELATIVE_CUTOFF * largest && largest > 0) rank++;
  let column: usize = 0;
  for (let i: usize = 0; i < n; i++) {
    const sigma = load<f64>(s + (i << 3));
    if (!(sigma >= RELATIVE_CUTOFF * largest && largest > 0)) continue;
    for (let k: usize = 0; k < n; k++) {
      const v = load<f64>(u + ((k * n + i) << 3)) / sigma;
      store<f64>(basis.project + ((k * rank + column) << 3), v);
      store<f64>(basis.expand + ((column * n + k) << 3), v);
    }
    column++;
  }
  basis.rank = <i32>rank;
  return true;
}
