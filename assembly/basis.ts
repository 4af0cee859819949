import { allocate } from "./memory";
import { createFactor, createPseudoInverse } from "./basis-factor";
import { Basis, Segment, windowOf } from "./basis-record";

/** Columns a segment spans at most: 512 terms in each f32 lane. */
const SEGMENT: i32 = 2048;

/** Windows of the f32 product reach ±6 σ (1.5e-8 outside), of the f64 product ±9 σ. */
const REACH: f64 = 6;

const FULL_REACH: f64 = 9;

/** Beyond this many σ between centres a Gram entry, exp(-Δ²/4σ²), is below 1e-16 of the diagonal. */
const GRAM_REACH: f64 = 12.2;

/** cond(G Gᵀ) ≈ ½ exp(π² width²): Cholesky in f64 is right up to here. */
const CHOLESKY_WIDTH: f64 = 1.25;

/** Below this σ, in columns, a Gaussian between two columns may vanish. */
const CHOLESKY_SIGMA: f64 = 0.15;

const SINGLE_WIDTH: f64 = 0.6;

// @ts-ignore: decorator
@inline
function centre(k: i32, gaussians: i32, columns: i32): f64 {
  return gaussians == 1 ? <f64>(columns - 1) * 0.5 : (<f64>k * <f64>(columns - 1)) / <f64>(gaussians - 1);
}

/**
 * The basis, or 0 where memory ends. 1 ≤ gaussians ≤ columns, width > 0. `inDouble` has its products in f64 whatever
 * the width.
 */
export function createBasis(columns: i32, gaussians: i32, width: f64, inDouble: bool): usize {
  const basis = changetype<Basis>(allocate(<f64>offsetof<Basis>()));
  if (!changetype<usize>(basis)) return 0;
  basis.columns = columns;
  basis.gaussians = gaussians;
  basis.sigma = (width * <f64>columns) / <f64>gaussians;
  basis.inDouble = inDouble || width > SINGLE_WIDTH;
  basis.rank = gaussians;
  basis.project = 0;
  basis.expand = 0;
  const spacing = gaussians > 1 ? <f64>(columns - 1) / <f64>(gaussians - 1) : 1;
  const reach = Math.floor((GRAM_REACH * basis.sigma) / spacing);
  basis.band = gaussians > 1 ? <i32>Math.min(<f64>(gaussians - 1), reach) : 0;
  const stride = (columns + 3) & ~3;
  const padded = (gaussians + 1) & ~1;
  basis.products = allocate(<f64>padded * 32);
  basis.solution = allocate((<f64>gaussians + 2 * <f64>basis.band) * 32);
  basis.residual = allocate(<f64>stride * 8);
  basis.rows = allocate(<f64>stride * 16);
  if (!basis.products || !basis.solution || !basis.residual || !basis.rows) return 0;
  memory.fill(basis.solution, 0, (<usize>(gaussians + 2 * basis.band)) << 5);
  if (!createWindows(basis) || !createSegments(basis)) return 0;
  const dependent = width > CHOLESKY_WIDTH || basis.sigma < CHOLESKY_SIGMA;
  if (!(dependent ? createPseudoInverse(basis) : createFactor(basis))) return 0;
  return changetype<usize>(basis);
}

export function basisRank(basis: usize): i32 {
  return changetype<Basis>(basis).rank;
}

function createWindows(basis: Basis): bool {
  const last = <f64>(basis.columns - 1);
  basis.windows = allocate(<f64>basis.gaussians * 12);
  if (!basis.windows) return false;
  for (let k = 0; k < basis.gaussians; k++) {
    const mu = centre(k, basis.gaussians, basis.columns);
    const start = <i32>Math.max(0, Math.ceil(mu - FULL_REACH * basis.sigma));
    const end = <i32>Math.min(last, Math.floor(mu + FULL_REACH * basis.sigma)) + 1;
    const length = max(0, end - start);
    const table = allocate(<f64>length * 8);
    if (!table) return false;
    for (let j = 0; j < length; j++) {
      const z = (<f64>(start + j) - mu) / basis.sigma;
      store<f64>(table + ((<usize>j) << 3), Math.exp(-0.5 * z * z));
    }
    const window = basis.windows + <usize>k * 12;
    store<i32>(window, start);
    store<i32>(window, length, 4);
    store<usize>(window, table, 8);
  }
  return true;
}

/** g_k[j], zero outside its window. */
function valueAt(basis: Basis, k: i32, j: i32): f64 {
  if (k >= basis.gaussians) return 0;
  const window = windowOf(basis, k);
  const at = j - load<i32>(window);
  return at >= 0 && at < load<i32>(window, 4) ? load<f64>(load<usize>(window, 8) + ((<usize>at) << 3)) : 0;
}

/**
 * f32: windows of ±6 σ of two neighbours together, aligned to 4 columns, cut into segments; a table holds
 * [first at 4 columns][second at the same 4 columns] alternately. f64: the ±9 σ windows of one Gaussian.
 */
function createSegments(basis: Basis): bool {
  const step = basis.inDouble ? 1 : 2;
  const reach = REACH * basis.sigma;
  const most = (basis.gaussians + 1) * ((basis.columns + SEGMENT) / SEGMENT + 1);
  basis.segments = allocate(<f64>most * <f64>offsetof<Segment>());
  if (!basis.segments) return false;
  let count = 0;
  for (let k = 0; k < basis.gaussians; k += step) {
    const window = windowOf(basis, k);
    const partner = windowOf(basis, min(k + step - 1, basis.gaussians - 1));
    let start = load<i32>(window);
    let end = load<i32>(partner) + load<i32>(partner, 4);
    if (!basis.inDouble) {
      start = max(start, <i32>Math.max(0, Math.ceil(centre(k, basis.gaussians, basis.columns) - reach))) & ~3;
      end = min(
        end,
        <i32>(
          Math.min(
            <f64>basis.columns,
            Math.floor(centre(min(k + 1, basis.gaussians - 1), basis.gaussians, basis.columns) + reach) + 1,
          )
        ),
      );
    }
    for (let from = start; from < end; from += SEGMENT) {
      const to = min(end, from + SEGMENT);
      const segment = changetype<Segment>(basis.segments + <usize>count * offsetof<Segment>());
      segment.gaussian = k;
      segment.start = from;
      segment.length = basis.inDouble ? to - from : (to - from + 3) & ~3;
      if (basis.inDouble) segment.table = load<usize>(window, 8) + ((<usize>(from - load<i32>(window))) << 3);
      else if (!fillPairTable(basis, segment, end)) return false;
      count++;
    }
  }
  basis.segmentCount = count;
  return true;
}

function fillPairTable(basis: Basis, segment: Segment, end: i32): bool {
  const table = allocate(<f64>segment.length * 8);
  const reach = REACH * basis.sigma;
  if (!table) return false;
  segment.table = table;
  for (let j = 0; j < segment.length; j++) {
    const column = segment.start + j;
    const cell = table + ((<usize>(j & ~3)) << 3) + ((<usize>(j & 3)) << 2);
    for (let second = 0; second < 2; second++) {
      const k = segment.gaussian + second;
      const inside = column < end && Math.abs(<f64>column - centre(k, basis.gaussians, basis.columns)) <= reach;
      store<f32>(cell + ((<usize>second) << 4), inside ? <f32>valueAt(basis, k, column) : 0);
    }
  }
  return true;
}
