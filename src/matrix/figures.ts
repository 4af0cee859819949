import type { Slices } from "../base/chunks.js";
import { scaleFor } from "../base/powers-of-two.js";
import { seedFor } from "../base/random.js";
import { finished } from "../host/pauses.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import { toNorms } from "../kernels/norms.js";
import { exactFromGram, powerMethod, unscale } from "../spectra/participation.js";
import type { MatrixReport, ParticipationRatio } from "../types.js";
import { chosenGaussians, distinctGaussians } from "./asked.js";
import { Bases, type PreparedBasis } from "./bases.js";
import { energyTarget } from "./energy-target.js";
import { FirstPass } from "./first-pass.js";
import { addArray, type FirstPart, type FirstSums, joinFirst } from "./first-sums.js";
import { equalRank, gaussianFigures, topEnergies } from "./gaussian-figures.js";
import { gramProblem } from "./gram-limit.js";
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

/** The rows of a matrix that the leading thread takes itself, and who takes the others. */
export interface Lead {
  last: number;
  helpers: Helpers | null;
}

/** A matrix to be analysed. */
export interface MatrixTask {
  plan: StoredMatrix;
  options: MatrixOptions;
  bytes: ByteReader;
  /** Bytes of weights held at once. */
  memory: number;
  signal?: AbortSignal | undefined;
  /** Hears how much of the spectrum is done, every few tens of milliseconds. */
  onSpectrum?: ((share: number) => void) | undefined;
  /** Null where one thread takes all rows. */
  lead?: Lead | null;
}

/**
 * Everything `analyze` says of one matrix, from passes over its rows within `memory` bytes. The machine is used by
 * nothing else meanwhile.
 */
export async function analyzeMatrix(machine: Machine, task: MatrixTask): Promise<MatrixFigures> {
  const { plan, options } = task;
  const problem = gramProblem(plan, options, task.memory);
  if (problem) throw new RangeError(problem);
  const counts = distinctGaussians(options.gaussians, plan.columns);
  const bases = await finished(Bases.of(machine).prepare(plan.columns, counts, options.width), task);
  const marked = machine.exports.mark();
  try {
    const job = new MatrixJob(machine, task, bases);
    const figures = await job.run(1);
    if (figures) return figures;
    // Squares of weights this large or small leave f32: once more, with the weights near 1.
    machine.exports.release(marked);
    return (await new MatrixJob(machine, task, bases).run(scaleFor(job.largest)))!;
  } finally {
    machine.exports.release(marked);
  }
}

class MatrixJob {
  largest = 0;
  private readonly schedule: Schedule;
  private readonly plan: StoredMatrix;
  private readonly options: MatrixOptions;

  constructor(
    private readonly machine: Machine,
    private readonly task: MatrixTask,
    private readonly bases: PreparedBasis[],
  ) {
    const { plan, options, memory } = task;
    this.plan = plan;
    this.options = options;
    this.schedule = scheduleOf(plan, options, memory);
  }

  /** Null where the weights need another scale; `largest` then says which. */
  async run(scale: number): Promise<MatrixFigures | null> {
    const {
      machine,
      plan,
      options,
      task: { bytes, lead, signal, onSpectrum },
      schedule: { byRows, each, memory, passes: times },
    } = this;
    const { rows, columns } = plan;
    const products = byRows ? await finished(RowProducts.of(machine, plan, memory), { signal }) : null;
    const passes = new MatrixPasses(machine, plan, this.bases, bytes, {
      each,
      range: { first: 0, last: lead?.last ?? rows },
      memory,
      passes: times,
      helpers: lead?.helpers ?? null,
      signal,
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
    const known = gram && needsAll ? await allSquaresOf(machine, gram, plan, { signal, onShare: onSpectrum }) : null;
    const distinct = this.bases.map((basis) => basis.gaussians);
    const top = options.svd
      ? await topEnergies(
          machine,
          plan,
          [...new Set(distinct.flatMap((k) => [k, equalRank(plan, k)]))],
          known ? { all: known.squares } : { passes, squares, scale, seed: options.seed },
        )
      : null;
    const fitted = this.bases.map((_, k) =>
      gaussianFigures(machine, this.bases, k, { plan, width: options.width, sums, top }),
    );
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
    const length = Math.ceil(columns / 8) ** 2 * 64;
    const total = spec.gram && passes.joined ? machine.allocate(length * 8) : 0;
    if (total) await finished(machine.clear(total, length * 8), this.task);
    const others = passes.others(spec);
    const work = new FirstPass(machine, name, columns, this.bases, spec);
    let sums: FirstSums | null = null;
    const take = function* (part: FirstPart): Slices {
      sums = sums ? yield* joinFirst(sums, part.sums) : part.sums;
      if (total && part.gram) yield* addArray(machine.float64(total, part.gram.length), part.gram);
    };
    let finite = true;
    await passes.own(
      work,
      scale,
      take,
      products
        ? (pointer, first, rows) => {
            finite &&= work.finite;
            return finite ? products.add(pointer, first, rows) : null;
          }
        : undefined,
    );
    await others?.(take);
    const own = work.gram && { pointer: exports.gramTotal(work.gram) >>> 0, side: exports.gramSide(work.gram) };
    return { sums: sums!, gram: own ? { ...own, ...(total && { pointer: total }) } : null };
  }

  private async spectrum(known: ScaledSquares, passes: MatrixPasses, scale: number): Promise<MatrixReport["spectrum"]> {
    const { machine, plan, options } = this;
    const { bytes, signal, lead } = this.task;
    const rows = (): RowPass =>
      lead ? new RowStream(machine, plan, bytes, { memory: this.schedule.memory, passes: 1, signal }) : passes.stream;
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
        ? await finished(exactFromGram(machine, { ...gram, error: 0 }), { signal: this.task.signal })
        : await passes.drive(
            powerMethod(machine, { rows: plan.rows, columns: plan.columns, stride: strideOf(plan.columns) }, squares, {
              ...options.participation,
              seed: seedFor(options.participation.seed ?? options.seed, plan.name),
            }),
            scale,
          );
    return unscale(found, scale);
  }
}
