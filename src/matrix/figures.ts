import { scaleFor } from "../base/powers-of-two.js";
import { seedFor } from "../base/random.js";
import { covarianceParticipation, energyOf } from "../gaussians/uniform.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import { toNorms } from "../kernels/norms.js";
import { exactFromGram, powerMethod, unscale } from "../spectra/participation.js";
import { addToTotals, type Pass } from "../spectra/pass.js";
import { totalOf } from "../spectra/ranks.js";
import { topEnergy } from "../spectra/top-energy.js";
import type { MatrixReport, ParticipationRatio } from "../types.js";
import { chosenGaussians, distinctGaussians } from "./asked.js";
import { Bases, type PreparedBasis } from "./bases.js";
import { energyTarget } from "./energy-target.js";
import { FirstPass } from "./first-pass.js";
import { type FirstPart, type FirstSums, joinFirst } from "./first-sums.js";
import { meanPermutedEnergy, permutedEnergies, standing, verdictOf } from "./null.js";
import { type Helpers, MatrixPasses } from "./passes.js";
import { RowProducts } from "./row-products.js";
import { type ByteReader, RowStream } from "./rows.js";
import { type MatrixOptions, type Schedule, scheduleOf } from "./schedule.js";
import {
  allSquaresOf,
  type GramMatrix,
  type RowPass,
  type ScaledSquares,
  signFlipsOf,
  spectrumFigures,
} from "./spectrum.js";
import type { StoredMatrix } from "./stored.js";

/** What of a matrix's report is computed from its weights. */
export type MatrixFigures = Pick<
  MatrixReport,
  "norms" | "participation" | "noiseParticipationRatio" | "spectrum" | "gaussian" | "energyTarget"
>;

type GaussianReport = MatrixReport["gaussian"][number];

/** The rows of a matrix that the leading thread takes itself, and who takes the others. */
export interface Lead {
  last: number;
  helpers: Helpers | null;
}

/**
 * Everything `analyze` says of one matrix, from passes over its rows within `memory` bytes. The machine is used by
 * nothing else meanwhile.
 */
export async function analyzeMatrix(
  machine: Machine,
  plan: StoredMatrix,
  options: MatrixOptions,
  bytes: ByteReader,
  memory: number,
  signal?: AbortSignal,
  lead: Lead | null = null,
): Promise<MatrixFigures> {
  const bases = Bases.of(machine).prepare(
    plan.columns,
    distinctGaussians(options.gaussians, plan.columns),
    options.width,
  );
  const marked = machine.exports.mark();
  try {
    const job = new MatrixJob(machine, plan, options, bases, bytes, memory, signal, lead);
    const figures = await job.run(1);
    if (figures) return figures;
    // Squares of weights this large or small leave f32: once more, with the weights near 1.
    machine.exports.release(marked);
    return (await new MatrixJob(machine, plan, options, bases, bytes, memory, signal, lead).run(
      scaleFor(job.largest),
    ))!;
  } finally {
    machine.exports.release(marked);
  }
}

class MatrixJob {
  largest = 0;
  private readonly smaller: number;
  private readonly schedule: Schedule;

  constructor(
    private readonly machine: Machine,
    private readonly plan: StoredMatrix,
    private readonly options: MatrixOptions,
    private readonly bases: PreparedBasis[],
    private readonly bytes: ByteReader,
    memory: number,
    private readonly signal: AbortSignal | undefined,
    private readonly lead: Lead | null,
  ) {
    this.smaller = Math.min(plan.rows, plan.columns);
    this.schedule = scheduleOf(plan, options, memory);
  }

  /** Null where the weights need another scale; `largest` then says which. */
  async run(scale: number): Promise<MatrixFigures | null> {
    const {
      machine,
      plan,
      options,
      lead,
      schedule: { byRows, each, memory, passes: times },
    } = this;
    const { rows, columns } = plan;
    const products = byRows ? new RowProducts(machine, plan, memory) : null;
    const passes = new MatrixPasses(machine, plan, this.bases, this.bytes, {
      each,
      range: { first: 0, last: lead?.last ?? rows },
      memory,
      passes: times,
      helpers: lead?.helpers ?? null,
      signal: this.signal,
    });
    const { sums, gram: columnsGram } = await this.firstPass(passes, products, scale);
    this.largest = sums.largest;
    const norms = toNorms(sums.moments);
    const noiseParticipationRatio = (rows * columns) / (rows + columns + 1);
    if (!sums.finite || sums.largest === 0)
      return { norms, participation: null, noiseParticipationRatio, spectrum: null, gaussian: [] };
    if (scale === 1 && scaleFor(sums.largest) !== 1) return null;
    await products?.finish(passes.stream, scale);
    const gram = products ? { pointer: products.total, side: products.side } : columnsGram;
    const squares = sums.moments.squares * scale * scale;
    const participation = await this.participation(gram, passes, squares, scale);
    const needsAll = plan.spectrum || options.svd || options.energy !== null;
    const known = gram && needsAll ? await allSquaresOf(machine, gram, plan, this.signal) : null;
    const distinct = this.bases.map((basis) => basis.gaussians);
    const top = options.svd
      ? await this.topEnergies(
          [...new Set(distinct.flatMap((k) => [k, this.equalRank(k)]))],
          known && known.squares,
          passes,
          squares,
          scale,
        )
      : null;
    const fitted = this.bases.map((_, k) => this.describe(k, sums, top));
    return {
      norms,
      participation,
      noiseParticipationRatio,
      spectrum: known && plan.spectrum ? await this.spectrum(known, passes, scale) : null,
      gaussian: chosenGaussians(options.gaussians, columns).map(({ asked, gaussians }) => ({
        asked,
        ...fitted[distinct.indexOf(gaussians)],
      })),
      ...(options.energy !== null &&
        known && {
          energyTarget: await energyTarget(options.energy, known.squares, passes, {
            columns,
            width: options.width,
            scale,
          }),
        }),
    };
  }

  /** Its sums stay in the arena: the Gram matrix of a single chunk is that of the whole. */
  private async firstPass(
    passes: MatrixPasses,
    products: RowProducts | null,
    scale: number,
  ): Promise<{ sums: FirstSums; gram: GramMatrix | null }> {
    const {
      machine,
      machine: { exports },
      plan: { name, columns },
      options: { permutations, seed },
      schedule: { needsGram, byRows },
    } = this;
    const spec = { kind: "first", scale, permutations, seed, gram: needsGram && !byRows } as const;
    const total = spec.gram && passes.joined ? machine.zeros64(Math.ceil(columns / 8) ** 2 * 64) : 0;
    const others = passes.others(spec);
    const work = new FirstPass(machine, name, columns, this.bases, spec);
    let sums: FirstSums | null = null;
    const take = (part: FirstPart): void => {
      sums = sums ? joinFirst(sums, part.sums) : part.sums;
      if (total && part.gram) addTo(machine.float64(total, part.gram.length), part.gram);
    };
    let finite = true;
    await passes.own(
      work,
      scale,
      take,
      products
        ? (pointer, first, rows) => {
            finite &&= work.finite;
            if (finite) products.visit(pointer, first, rows);
          }
        : undefined,
    );
    await others?.(take);
    const own = work.gram && { pointer: exports.gramTotal(work.gram) >>> 0, side: exports.gramSide(work.gram) };
    return { sums: sums!, gram: own ? { ...own, ...(total && { pointer: total }) } : null };
  }

  private async spectrum(known: ScaledSquares, passes: MatrixPasses, scale: number): Promise<MatrixReport["spectrum"]> {
    const { machine, plan, options, bytes, signal, lead } = this;
    const rows = (): RowPass =>
      lead ? new RowStream(machine, plan, bytes, this.schedule.memory, 1, signal) : passes.stream;
    const signFlips =
      options.permutations > 0
        ? await signFlipsOf(machine, plan, known.squares, { rows, scale, seed: options.seed, signal })
        : null;
    return spectrumFigures(plan, options, known, { passes, scale, signFlips });
  }

  private async participation(
    gram: GramMatrix | null,
    passes: MatrixPasses,
    squares: number,
    scale: number,
  ): Promise<ParticipationRatio> {
    const { machine, plan, options } = this;
    const found =
      this.schedule.exact && gram
        ? exactFromGram(machine, { ...gram, error: 0 })
        : await this.drive(
            powerMethod(machine, { rows: plan.rows, columns: plan.columns, stride: strideOf(plan.columns) }, squares, {
              ...options.participation,
              seed: seedFor(options.participation.seed ?? options.seed, plan.name),
            }),
            passes,
            scale,
          );
    return unscale(found, scale);
  }

  /** Singular directions that take at most as many numbers as K amplitudes a row: r(n + d) ≤ nK. */
  private equalRank(gaussians: number): number {
    const { rows, columns } = this.plan;
    return Math.floor((rows * gaussians) / (rows + columns));
  }

  /** Energy share of the top K singular directions for each K: of the spectrum where it is there. */
  private async topEnergies(
    counts: number[],
    spectrum: Float64Array | null,
    passes: MatrixPasses,
    squares: number,
    scale: number,
  ): Promise<Map<number, number>> {
    const share = (energies: ArrayLike<number>, whole: number): Map<number, number> =>
      new Map(counts.map((count, i) => [count, Math.min(1, energies[i] / whole)]));
    if (spectrum)
      return share(
        counts.map((count) => totalOf(spectrum.subarray(0, count))),
        totalOf(spectrum),
      );
    const { rows, columns, name } = this.plan;
    const within = counts.map((count) => Math.min(count, this.smaller));
    const top = topEnergy(this.machine, { rows, columns, stride: strideOf(columns) }, squares, within, {
      seed: seedFor(this.options.seed, name),
    });
    return share((await this.drive(top, passes, scale)).energies, squares);
  }

  private async drive<T>(steps: Generator<Pass, T, void>, passes: MatrixPasses, scale: number): Promise<T> {
    const {
      machine,
      plan: { columns },
    } = this;
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      const vectors = step.value.vectors.map((block) => machine.float32(block, columns * 8).slice());
      await passes.run({ kind: "apply", scale, vectors }, (part) => addToTotals(machine, step.value, part));
    }
  }

  private describe(k: number, sums: FirstSums, top: Map<number, number> | null): Omit<GaussianReport, "asked"> {
    const {
      machine,
      plan: { rows, columns },
      options,
      bases,
    } = this;
    const { gaussians, rank, theta } = bases[k];
    const fit = sums.fits[k];
    const { energy, r2 } = energyOf(fit);
    const permuted = sums.permuted && permutedEnergies(sums.permuted, bases.length, k, fit.squares);
    const permutedEnergy = meanPermutedEnergy({
      theta,
      rank,
      columns,
      rowSumSquares: sums.rowSumSquares,
      squares: fit.squares,
    });
    const permutation =
      permuted &&
      (rank === columns
        ? { standardDeviation: 0, z: 0, permutations: permuted.length }
        : standing(energy, permutedEnergy, permuted));
    const amplitudeParticipationRatio =
      machine.scope(() => covarianceParticipation(machine, machine.copyFloat64(fit.scatter), fit.mean.length)) || null;
    return {
      gaussians,
      width: options.width,
      energy,
      r2,
      noiseEnergy: rank / columns,
      noiseAmplitudeParticipationRatio: noiseAmplitudeParticipation(bases[k], rows),
      verdict: permutation && verdictOf(permutation.z),
      permutedEnergy,
      ...(permutation && { permuted: permutation }),
      ...(top && {
        svdEnergy: top.get(gaussians)!,
        svdAtEqualNumbers: top.get(this.equalRank(gaussians))!,
      }),
      rank,
      amplitudes: rows * gaussians,
      compression: columns / gaussians,
      amplitudeParticipationRatio,
    };
  }
}

function addTo(total: Float64Array, part: Float64Array): void {
  for (let i = 0; i < part.length; i++) total[i] += part[i];
}

/** (tr B)² / (tr B² (1 + 1/ν) + (tr B)²/ν), B = (GGᵀ)⁻¹ and ν = rows - 1 (docs/method.md §5); null for a single row. */
function noiseAmplitudeParticipation({ inverseTrace, inverseSquares }: PreparedBasis, rows: number): number | null {
  if (rows < 2) return null;
  const freedom = rows - 1;
  return inverseTrace ** 2 / (inverseSquares * (1 + 1 / freedom) + inverseTrace ** 2 / freedom);
}
