import { allocate } from "./memory";
import {
  addColumn,
  addEntry,
  countRank,
  createFactor,
  createPseudoInverse,
  decomposeBasis,
  placeRow,
} from "./basis-factor";
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

/** What `continueBasis` is at. */
const WINDOWS: i32 = 0;
const SEGMENTS: i32 = 1;
const CHOLESKY: i32 = 2;
const ROWS: i32 = 3;
const VECTORS: i32 = 4;
const INVERSE: i32 = 5;
const READY: i32 = 6;

/** A value of a table costs about so many multiplications. */
const TABLE_COST: i32 = 8;

/**
 * The record of a basis that `continueBasis` makes, or 0 where memory ends. 1 ≤ gaussians ≤ columns, width > 0.
 * `inDouble` has its products in f64 whatever the width.
 */
export function createBasis(columns: i32, gaussians: i32, width: f64, inDouble: bool): usize {
  const basis = changetype<Basis>(allocate(<f64>offsetof<Basis>()));
  if (!changetype<usize>(basis)) return 0;
  basis.columns = columns;
  basis.gaussians = gaussians;
  basis.sigma = (width * <f64>columns) / <f64>gaussians;
  basis.inDouble = inDouble || width > SINGLE_WIDTH;
  basis.dependent = width > CHOLESKY_WIDTH || basis.sigma < CHOLESKY_SIGMA;
  basis.rank = gaussians;
  basis.project = 0;
  basis.expand = 0;
  basis.decomposition = 0;
  const spacing = gaussians > 1 ? <f64>(columns - 1) / <f64>(gaussians - 1) : 1;
  const reach = Math.floor((GRAM_REACH * basis.sigma) / spacing);
  basis.band = gaussians > 1 ? <i32>Math.min(<f64>(gaussians - 1), reach) : 0;
  const stride = (columns + 3) & ~3;
  const padded = (gaussians + 1) & ~1;
  basis.products = allocate(<f64>padded * 32);
  basis.solution = allocate((<f64>gaussians + 2 * <f64>basis.band) * 32);
  basis.residual = allocate(<f64>stride * 8);
  basis.rows = allocate(<f64>stride * 16);
  basis.windows = allocate(<f64>gaussians * 12);
  if (!basis.products || !basis.solution || !basis.residual || !basis.rows || !basis.windows) return 0;
  memory.fill(basis.solution, 0, (<usize>(gaussians + 2 * basis.band)) << 5);
  enter(basis, WINDOWS);
  return changetype<usize>(basis);
}

/** Makes a basis by about `budget` multiplications: 1 when it is ready, 0 before, -1 where memory ends. */
export function continueBasis(pointer: usize, budget: f64): i32 {
  const basis = changetype<Basis>(pointer);
  while (basis.stage != READY) {
    if (budget <= 0) return 0;
    if (basis.stage == VECTORS) {
      budget = decomposeBasis(basis, budget);
      if (budget <= 0) continue;
      countRank(basis);
      enter(basis, INVERSE);
      continue;
    }
    const cost = step(basis);
    if (cost < 0) return -1;
    budget -= <f64>cost;
    if (basis.k < basis.gaussians) continue;
    const next = after(basis);
    if (next == SEGMENTS && !createSegments(basis)) return -1;
    if (next == CHOLESKY && !createFactor(basis)) return -1;
    if (next == ROWS && !createPseudoInverse(basis)) return -1;
    enter(basis, next);
  }
  return 1;
}

function enter(basis: Basis, stage: i32): void {
  basis.stage = stage;
  basis.k = 0;
  basis.at = 0;
}

/** About the multiplications that it took, or -1. */
function step(basis: Basis): i32 {
  const stage = basis.stage;
  if (stage == WINDOWS) return addToWindow(basis);
  if (stage == SEGMENTS) return addSegment(basis);
  if (stage == CHOLESKY) return addEntry(basis);
  return stage == ROWS ? placeRow(basis) : addColumn(basis);
}

function after(basis: Basis): i32 {
  const stage = basis.stage;
  if (stage == WINDOWS) return SEGMENTS;
  if (stage == SEGMENTS) return basis.dependent ? ROWS : CHOLESKY;
  return stage == ROWS ? VECTORS : READY;
}

export function basisRank(basis: usize): i32 {
  return changetype<Basis>(basis).rank;
}

/** The next values of window k. */
function addToWindow(basis: Basis): i32 {
  const k = basis.k;
  const mu = centre(k, basis.gaussians, basis.columns);
  const start = <i32>Math.max(0, Math.ceil(mu - FULL_REACH * basis.sigma));
  const end = <i32>Math.min(<f64>(basis.columns - 1), Math.floor(mu + FULL_REACH * basis.sigma)) + 1;
  const length = max(0, end - start);
  const window = windowOf(basis, k);
  if (basis.at == 0) {
    store<i32>(window, start);
    store<i32>(window, length, 4);
    store<usize>(window, allocate(<f64>length * 8), 8);
  }
  const table = load<usize>(window, 8);
  if (!table) return -1;
  const from = basis.at;
  const to = min(length, from + SEGMENT);
  for (let j = from; j < to; j++) {
    const z = (<f64>(start + j) - mu) / basis.sigma;
    store<f64>(table + ((<usize>j) << 3), Math.exp(-0.5 * z * z));
  }
  basis.at = to;
  if (to == length) {
    basis.k = k + 1;
    basis.at = 0;
  }
  return TABLE_COST * (to - from) + 1;
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
  const most = <f64>(basis.gaussians + 1) * <f64>((basis.columns + SEGMENT) / SEGMENT + 1);
  basis.segments = allocate(most * <f64>offsetof<Segment>());
  basis.segmentCount = 0;
  return basis.segments != 0;
}

/** The next segment of Gaussian k, or of it and its neighbour; `at` columns of their windows have theirs. */
function addSegment(basis: Basis): i32 {
  const step = basis.inDouble ? 1 : 2;
  const reach = REACH * basis.sigma;
  const k = basis.k;
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
  const from = start + basis.at;
  const to = min(end, from + SEGMENT);
  let cost = 1;
  if (from < end) {
    const segment = changetype<Segment>(basis.segments + <usize>basis.segmentCount * offsetof<Segment>());
    basis.segmentCount++;
    segment.gaussian = k;
    segment.start = from;
    segment.length = basis.inDouble ? to - from : (to - from + 3) & ~3;
    if (basis.inDouble) segment.table = load<usize>(window, 8) + ((<usize>(from - load<i32>(window))) << 3);
    else if (!fillPairTable(basis, segment, end)) return -1;
    else cost = TABLE_COST * segment.length;
    basis.at += SEGMENT;
  }
  if (to >= end) {
    basis.k = k + step;
    basis.at = 0;
  }
  return cost;
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
