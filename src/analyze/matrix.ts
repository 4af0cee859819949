import { eigenvalues } from "../eigen.js";
import { energyOf, finishCovariance } from "../gaussian.js";
import type { Machine } from "../kernels.js";
import { scaleFor, strideOf } from "../matrix.js";
import { toNorms } from "../norms.js";
import { exactFromGram, methodFor, powerMethod } from "../participation.js";
import type { Pass } from "../pass.js";
import { seedFor } from "../random.js";
import { topEnergy } from "../top-energy.js";
import type { MatrixReport, ParticipationOptions, ParticipationRatio } from "../types.js";
import { Bases, type PreparedBasis } from "./bases.js";
import { energyTarget } from "./energy-target.js";
import { FirstPass, type Fit } from "./first-pass.js";
import { chosenGaussians } from "./gaussians.js";
import { meanPermutedEnergy, standing, verdictOf } from "./null.js";
import type { MatrixPlan } from "./plan.js";
import { RowProducts } from "./row-products.js";
import { type ReadBytes, RowStream } from "./rows.js";

/** The options of `analyze` that a matrix needs. Plain data: they travel to workers. */
export interface MatrixOptions {
  gaussians: string[];
  width: number;
  permutations: number;
  participation: ParticipationOptions;
  svd: boolean;
  energy: number | null;
  seed: number;
}

export type MatrixFigures = Pick<MatrixReport, "norms" | "participation" | "noiseParticipationRatio" | "gaussian" | "energyTarget">;

/** Up to this smaller side `svd` takes the whole spectrum from the Gram matrix; above, block Lanczos is the cheaper. */
const FULL_SPECTRUM_SIDE = 512;

type GaussianReport = MatrixReport["gaussian"][number];

/** Everything `analyze` says of one matrix, from passes over its rows within `memory` bytes. The machine is used by nothing else meanwhile. */
export async function analyzeMatrix(machine: Machine, plan: MatrixPlan, options: MatrixOptions, read: ReadBytes, memory: number, signal?: AbortSignal): Promise<MatrixFigures> {
  const chosen = chosenGaussians(options.gaussians, plan.columns), distinct = [...new Set(chosen.map((one) => one.gaussians))];
  const bases = Bases.of(machine).prepare(plan.columns, distinct, options.width);
  const marked = machine.exports.mark();
  try {
    const job = new MatrixJob(machine, plan, options, bases, read, memory, signal);
    const figures = await job.run(1);
    if (figures) return figures;
    // Squares of weights this large or small leave f32: once more, with the weights near 1.
    machine.exports.release(marked);
    return (await new MatrixJob(machine, plan, options, bases, read, memory, signal).run(scaleFor(job.largest)))!;
  } finally {
    machine.exports.release(marked);
  }
}

class MatrixJob {
  largest = 0;
  private readonly smaller: number;
  private readonly exact: boolean;
  private readonly needsGram: boolean;

  constructor(private readonly machine: Machine, private readonly plan: MatrixPlan, private readonly options: MatrixOptions, private readonly bases: PreparedBasis[], private readonly read: ReadBytes, private readonly memory: number, private readonly signal?: AbortSignal) {
    this.smaller = Math.min(plan.rows, plan.columns);
    this.exact = methodFor(plan.rows, plan.columns, options.participation) === "exact";
    this.needsGram = this.exact || options.energy !== null || (options.svd && this.smaller <= FULL_SPECTRUM_SIDE);
  }

  /** Null where the weights need another scale; `largest` then says which. */
  async run(scale: number): Promise<MatrixFigures | null> {
    const { machine, plan, options } = this, { rows, columns } = plan;
    const byRows = this.needsGram && rows < columns;
    const passes = this.exact && options.energy === null ? 1 : 2;
    const products = byRows ? new RowProducts(machine, plan, this.memory / 2) : null;
    const stream = new RowStream(machine, plan, this.read, byRows ? this.memory / 2 : this.memory, Math.max(passes, products?.passes ?? 1), this.signal);
    const first = new FirstPass(machine, plan, {
      bases: this.bases, permutations: options.permutations, seed: options.seed, gram: this.needsGram && !byRows,
    }, scale);
    await stream.pass(first.stride, scale, (pointer, row, count) => {
      first.visit(pointer, row, count);
      if (first.finite) products?.visit(pointer, row, count);
    });
    this.largest = first.largest;
    const norms = toNorms(first.moments()), noiseParticipationRatio = (rows * columns) / (rows + columns + 1);
    if (!first.finite || first.largest === 0) return { norms, participation: null, noiseParticipationRatio, gaussian: [] };
    if (scale === 1 && scaleFor(first.largest) !== 1) return null;
    const gram = await this.finishGram(first, products, stream, scale);
    const squares = first.moments().squares * scale * scale;
    const participation = await this.participation(gram, stream, squares, scale);
    const spectrum = gram && (options.svd || options.energy !== null) ? eigenvalues(machine, gram.pointer, gram.side).slice(0, this.smaller) : null;
    const distinct = this.bases.map((basis) => basis.gaussians);
    const top = options.svd ? await this.topEnergies([...new Set(distinct.flatMap((k) => [k, this.equalRank(k)]))], spectrum, stream, squares, scale) : null;
    const fitted = first.fits.map((fit, k) => this.describe(fit, first, top, first.permutedEnergies(k, first.sums(fit).squares)));
    return {
      norms, participation, noiseParticipationRatio,
      gaussian: chosenGaussians(options.gaussians, columns).map(({ asked, gaussians }) => ({ asked, ...fitted[distinct.indexOf(gaussians)] })),
      ...(options.energy !== null && { energyTarget: await energyTarget(machine, plan, options.energy, options.width, spectrum, stream, scale) }),
    };
  }

  private async finishGram(first: FirstPass, products: RowProducts | null, stream: RowStream, scale: number): Promise<{ pointer: number; side: number } | null> {
    const { exports } = this.machine;
    if (products) {
      await products.finish(stream, scale);
      return { pointer: products.total, side: products.side };
    }
    if (!first.gram) return null;
    exports.finishGram(first.gram);
    return { pointer: exports.gramTotal(first.gram) >>> 0, side: exports.gramSide(first.gram) };
  }

  private async participation(gram: { pointer: number; side: number } | null, stream: RowStream, squares: number, scale: number): Promise<ParticipationRatio> {
    const { machine, plan, options } = this;
    const found = this.exact && gram
      ? exactFromGram(machine, gram.pointer, gram.side)
      : await this.drive(powerMethod(machine, { rows: plan.rows, columns: plan.columns, stride: strideOf(plan.columns) }, squares, { ...options.participation, seed: seedFor(options.participation.seed ?? options.seed, plan.name) }), stream, scale);
    return { ...found, squaredNorm: found.squaredNorm / (scale * scale), spectralNorm: found.spectralNorm / scale };
  }

  /** Singular directions that take at most as many numbers as K amplitudes a row: r(n + d) ≤ nK. */
  private equalRank(gaussians: number): number {
    const { rows, columns } = this.plan;
    return Math.floor((rows * gaussians) / (rows + columns));
  }

  /** Energy share of the top K singular directions for each K: of the spectrum where it is there. */
  private async topEnergies(counts: number[], spectrum: Float64Array | null, stream: RowStream, squares: number, scale: number): Promise<Map<number, number>> {
    const share = (energies: ArrayLike<number>, whole: number): Map<number, number> => new Map(counts.map((count, i) => [count, Math.min(1, energies[i] / whole)]));
    if (spectrum) return share(counts.map((count) => positiveSum(spectrum.subarray(0, count))), positiveSum(spectrum));
    const { rows, columns, name } = this.plan, within = counts.map((count) => Math.min(count, this.smaller));
    const top = topEnergy(this.machine, { rows, columns, stride: strideOf(columns) }, squares, within, { seed: seedFor(this.options.seed, name) });
    return share((await this.drive(top, stream, scale)).energies, squares);
  }

  private async drive<T>(passes: Generator<Pass, T, void>, stream: RowStream, scale: number): Promise<T> {
    for (;;) {
      const step = passes.next();
      if (step.done) return step.value;
      const { visit } = step.value;
      await stream.pass(strideOf(this.plan.columns), scale, (pointer, first, count) => visit(pointer, first, count));
    }
  }

  private describe(fit: Fit, first: FirstPass, top: Map<number, number> | null, permuted: number[] | null): Omit<GaussianReport, "asked"> {
    const { machine, plan: { rows, columns }, options } = this, { gaussians, rank, theta } = fit.basis;
    const { energy, r2 } = energyOf(first.sums(fit));
    const permutedEnergy = meanPermutedEnergy({ theta, rank, columns, rowSumSquares: first.rowSumSquares, squares: first.sums(fit).squares });
    const permutation = permuted && (rank === columns ? { standardDeviation: 0, z: 0, permutations: permuted.length } : standing(energy, permutedEnergy, permuted));
    const amplitudeParticipationRatio = finishCovariance(machine, fit.covariance) || null;
    return {
      gaussians, width: options.width, energy, r2, noiseEnergy: rank / columns,
      noiseAmplitudeParticipationRatio: noiseAmplitudeParticipation(fit.basis, rows),
      verdict: permutation && verdictOf(permutation.z), permutedEnergy,
      ...(permutation && { permuted: permutation }),
      ...(top && { svdEnergy: top.get(gaussians)!, svdAtEqualNumbers: { rank: this.equalRank(gaussians), energy: top.get(this.equalRank(gaussians))! } }),
      rank, amplitudes: rows * gaussians, compression: columns / gaussians, amplitudeParticipationRatio,
    };
  }
}

/** (tr B)² / (tr B² (1 + 1/ν) + (tr B)²/ν), B = (GGᵀ)⁻¹ and ν = rows - 1 (docs/method.md §5); null for a single row. */
function noiseAmplitudeParticipation({ inverseTrace, inverseSquares }: PreparedBasis, rows: number): number | null {
  if (rows < 2) return null;
  const freedom = rows - 1;
  return inverseTrace ** 2 / (inverseSquares * (1 + 1 / freedom) + inverseTrace ** 2 / freedom);
}

/** Rounding may leave zeros of a spectrum a little below zero. */
const positiveSum = (values: Float64Array): number => values.reduce((sum, value) => sum + Math.max(0, value), 0);
