import { Random } from "../base/random.js";
import type { Machine } from "../kernels/machine.js";
import { type Bounds, boundsOf, Products } from "./bounds.js";
import { type Application, type Applications, Basis, type Breaths, WIDTH } from "./krylov.js";
import type { PowerOptions } from "./method.js";
import type { Operator } from "./operator.js";

/** Blocks of the Krylov space at most: bounds the memory and the small eigenproblem. */
const MOST_BLOCKS = 8;
/** What the largest eigenvalue may miss, as a share: half of it in the spectral norm. */
const LARGEST_ERROR = 2e-4;
/** Passes at least before the search gives way to probes. */
const LEAST_PASSES = 3;
/** Blocks of probes in a pass: 16 probes. */
const PROBE_BLOCKS = 2;

/** Applications that one pass may hold together. */
export function mostApplications({ blockSize, maxIterations }: PowerOptions): number {
  const groups = Math.ceil(blockSize / WIDTH);
  return maxIterations <= MOST_BLOCKS ? groups + PROBE_BLOCKS : Math.max(groups, PROBE_BLOCKS);
}

/** The part of the answer that M decides. */
export interface PowerResult {
  value: number;
  lower: number;
  upper: number;
  standardError: number;
  convergedBy: "bounds" | "standard-error" | null;
  iterations: number;
  /** λ₁ of M, from below, and its residual. */
  largest: number;
  residual: number;
}

/**
 * Participation ratio of the eigenvalues of a symmetric non-negative M that is only applied to blocks (docs/method.md
 * §3): block Krylov iteration with Rayleigh–Ritz for proved bounds, until those are close or neither the trace left
 * over gains much nor the largest Ritz value misses much; then random signs put through the deflated remainder, for an
 * estimate with its standard error. Yields the blocks to apply M to in one pass. `operator.trace` must be positive,
 * within a few powers of ten of 1.
 */
export function* iterate(machine: Machine, operator: Operator, options: PowerOptions): Applications<PowerResult> {
  const { dimension } = operator;
  const { tolerance, maxIterations } = options;
  const random = new Random(options.seed);
  const columns = Math.min(options.blockSize, dimension);
  const groups = Math.ceil(columns / WIDTH);
  const passes = Math.min(MOST_BLOCKS, maxIterations);
  const capacity = groups * passes;
  const basis = new Basis(machine, dimension, capacity + PROBE_BLOCKS);
  const products = new Products(basis, capacity);
  const probes = new Probes(basis, capacity, random);
  const history: Bounds[] = [];
  let blocks = 0;
  let iterations = 0;
  let last = 0;

  while (iterations < passes) {
    const first = blocks;
    blocks = yield* basis.extend(blocks, last, columns, random, false);
    last = first;
    if (blocks === first) break;
    const applications = Array.from({ length: blocks - first }, (_, i) => basis.application(first + i));
    const withProbes = ++iterations === maxIterations;
    if (withProbes) applications.push(...(yield* probes.prepare(blocks)));
    yield applications;
    for (let i = first; i < blocks; i++) yield* products.join(i);
    const bounds = boundsOf(machine, products, operator);
    history.push(bounds);
    const { lower, upper } = intervalOf(bounds, operator);
    // All passes but the last are worth their while until the largest eigenvalue is known too.
    const settled =
      bounds.missing <= LARGEST_ERROR * bounds.largest || iterations === passes || blocks - first < groups;
    if (settled && upper - lower <= tolerance * (lower + upper))
      return {
        value: withinTolerance(bounds, operator, tolerance),
        lower,
        upper,
        standardError: 0,
        convergedBy: "bounds",
        iterations,
        largest: bounds.largest,
        residual: bounds.residual,
      };
    if (withProbes) yield* probes.take(blocks);
    if (blocks - first < groups) break;
    if (iterations >= LEAST_PASSES && settled && !gaining(history, tolerance, passes - iterations)) break;
  }

  const bounds = history[history.length - 1];
  const { largest, residual } = bounds;
  for (;;) {
    const result = withProbed(bounds, operator, probes);
    const converged = result !== null && result.standardError <= tolerance * result.value;
    if (result && (converged || iterations >= maxIterations))
      return { ...result, convergedBy: converged ? "standard-error" : null, iterations, largest, residual };
    yield yield* probes.prepare(blocks);
    iterations++;
    yield* probes.take(blocks);
  }
}

/** Whether more passes may bring the bounds together. */
function gaining(history: Bounds[], tolerance: number, left: number): boolean {
  const last = history[history.length - 1];
  const before = history[history.length - 2];
  // Each pass takes off at most what the one before took.
  return last.rest - left * (before.rest - last.rest) <= Math.sqrt(2 * tolerance * last.known);
}

/** Bounds of the participation ratio. */
function intervalOf(
  bounds: Bounds,
  { trace, traceError, rank, dimension }: Operator,
): { lower: number; upper: number } {
  const most = Math.min(rank, dimension);
  const lower = Math.min(most, Math.max(1, (trace * (1 - traceError)) ** 2 / bounds.upper));
  const upper = Math.max(lower, Math.min(most, (trace * (1 + traceError)) ** 2 / bounds.lower));
  return { lower, upper };
}

/** A value that is within `tolerance` of both bounds, and nearest to what the trace left over makes likely. */
function withinTolerance(bounds: Bounds, operator: Operator, tolerance: number): number {
  const { lower, upper } = intervalOf(bounds, operator);
  const { trace, rank, dimension } = operator;
  // ‖M₂₂‖² lies between t₂² and that over the number of directions left: their geometric mean.
  const likely = (trace * trace) / (bounds.known + (bounds.rest * bounds.rest) / Math.sqrt(Math.min(rank, dimension)));
  return Math.min(
    upper,
    tolerance < 1 ? lower / (1 - tolerance) : Infinity,
    Math.max(lower, upper / (1 + tolerance), likely),
  );
}

/** The estimate that the probes give within the bounds; null without probes. */
function withProbed(bounds: Bounds, operator: Operator, probes: Probes) {
  const tail = probes.estimate(bounds.rest);
  if (!tail) return null;
  const { lower, upper } = intervalOf(bounds, operator);
  const square = bounds.known + Math.min(bounds.rest * bounds.rest, Math.max(0, tail.mean));
  const value = (operator.trace * operator.trace) / square;
  // Rounding keeps the value from being better than this, whatever the probes say.
  const rounding = operator.error / 16;
  return {
    value: Math.min(upper, Math.max(lower, value)),
    lower,
    upper,
    standardError: value * Math.max(rounding, tail.standardError / square),
  };
}

/**
 * Hutchinson's estimator of ‖M₂₂‖² from random signs z projected off Q: ‖M₂₂z‖², with zᵀM₂₂z, whose mean t₂ is known,
 * as control variate.
 */
class Probes {
  private readonly squares: number[] = [];
  private readonly forms: number[] = [];

  constructor(
    private readonly basis: Basis,
    private readonly slot: number,
    private readonly random: Random,
  ) {}

  /** Fresh signs off the first `blocks` blocks of Q. */
  *prepare(blocks: number): Breaths<Application[]> {
    const { basis, slot } = this;
    for (let i = slot; i < slot + PROBE_BLOCKS; i++) {
      basis.fillSigns(basis.q[i], this.random);
      yield null;
      yield* basis.project(basis.q[i], 0, blocks);
    }
    return Array.from({ length: PROBE_BLOCKS }, (_, i) => basis.application(slot + i));
  }

  /** Takes the images of the signs in. */
  *take(blocks: number): Breaths {
    const { basis } = this;
    for (let i = this.slot; i < this.slot + PROBE_BLOCKS; i++) {
      const form = basis.inner(basis.q[i], basis.y[i]).slice();
      yield null;
      const square = basis.inner(basis.y[i], basis.y[i]).slice();
      for (let b = 0; b < blocks; b++, yield null) {
        const along = basis.inner(basis.q[b], basis.y[i]);
        for (let at = 0; at < 64; at++) square[9 * (at & 7)] -= along[at] * along[at];
      }
      for (let k = 0; k < WIDTH; k++) {
        this.forms.push(form[9 * k]);
        this.squares.push(square[9 * k]);
      }
    }
  }

  /** `trace` is tr M₂₂. */
  estimate(trace: number): { mean: number; standardError: number } | null {
    const n = this.forms.length;
    if (n === 0) return null;
    const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / n;
    const form = mean(this.forms);
    const square = mean(this.squares);
    let xx = 0;
    let xy = 0;
    let yy = 0;
    for (let i = 0; i < n; i++) {
      const x = this.forms[i] - form;
      const y = this.squares[i] - square;
      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
    const slope = xx > 0 ? xy / xx : 0;
    const off = form - trace;
    // Regression at x = trace, n - 2 degrees of freedom.
    const variance = Math.max(0, yy - slope * xy) / (n - 2);
    return {
      mean: square - slope * off,
      standardError: Math.sqrt(variance * (1 / n + (xx > 0 ? (off * off) / xx : 0))),
    };
  }
}
