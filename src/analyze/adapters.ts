import { asRawCheckpoint } from "../checkpoint/adapted.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { flattened, isFlat } from "../checkpoint/flat-names.js";
import { type CheckpointMatrix, matricesOf } from "../checkpoint/matrices.js";
import { readMatrixRows } from "../checkpoint/matrix-rows.js";
import { openRaw } from "../checkpoint/open.js";
import { type Interpreted, interpret } from "../checkpoint/views/interpreted.js";
import { lowRankParticipation, lowRankSquares, rowGram, smallGram } from "../spectra/low-rank.js";
import type { AnalyzeOptions, Checkpoint, MatrixReport } from "../types.js";

type AdapterFigures = Pick<MatrixReport, "adapter" | "participation">;

/** What pipelines call the part of them that an adapter is for. */
const PREFIX = /^(?:transformer|unet|text_encoder(?:_\d)?|diffusion_model|base_model\.model)\./;
/** Weights of a base read at once. */
const AT_ONCE = 1 << 20;

/** What is known of an adapter's matrices from its factors, and beside its base where that is given. */
export class Adapters {
  private constructor(
    private readonly checkpoint: Interpreted,
    private readonly base: {
      checkpoint: Interpreted;
      raw: RawCheckpoint;
      matrices: Map<string, CheckpointMatrix>;
      flat: Map<string, CheckpointMatrix>;
    } | null,
    private readonly own: boolean,
    private readonly signal?: AbortSignal,
  ) {}

  static async of(checkpoint: Interpreted, { base, transpose, signal }: AnalyzeOptions): Promise<Adapters> {
    if (base === undefined) return new Adapters(checkpoint, null, false, signal);
    const opened = typeof base === "object" && "readRows" in base && "tensors" in base;
    const raw = opened
      ? asRawCheckpoint(base as Checkpoint)
      : await openRaw(base as Parameters<typeof openRaw>[0], { signal });
    const interpreted = await interpret(raw, signal);
    const found = matricesOf(interpreted, transpose).matrices;
    const matrices = new Map(found.map((matrix) => [matrix.name, matrix]));
    const flat = new Map(found.map((matrix) => [flattened(matrix.name), matrix]));
    return new Adapters(checkpoint, { checkpoint: interpreted, raw, matrices, flat }, !opened, signal);
  }

  /** Of one matrix; nothing where it is no adapter's. From r × r Gram matrices: the product is not formed. */
  async figures(matrix: CheckpointMatrix, { participation }: MatrixReport): Promise<Partial<AdapterFigures>> {
    const recipe = this.checkpoint.assembled(matrix.tensor)?.recipe;
    if (recipe?.kind !== "low-rank" || participation === null) return {};
    const { stored } = this.checkpoint;
    const { a, b, aTurned, bTurned, rank, rows, columns, factor } = recipe;
    const left = await stored.readRows(b, 0, b.shape[0], this.signal);
    const right = await stored.readRows(a, 0, a.shape[0], this.signal);
    const gramB = bTurned ? rowGram(left, rank) : smallGram(left, rank);
    const gramA = aTurned ? smallGram(right, rank) : rowGram(right, rank);
    const squares = lowRankSquares(gramB, gramA, rank, factor);
    const floor = Math.sqrt(squares[0]) * Math.max(rows, columns) * 2 ** -23;
    const rankUsed = squares.filter((square) => Math.sqrt(square) > floor).length;
    const norm = await this.baseNorm(matrix);
    const relativeChange = norm === null || norm === 0 ? null : Math.sqrt(squares.reduce((x, y) => x + y, 0)) / norm;
    return { participation: lowRankParticipation(squares), adapter: { rank, rankUsed, scale: factor, relativeChange } };
  }

  /** What is to be said of the base beside these matrices. */
  notes(matrices: readonly CheckpointMatrix[]): string[] {
    if (!this.base) return [];
    const adapters = matrices.filter(({ tensor }) => this.checkpoint.assembled(tensor)?.recipe.kind === "low-rank");
    const without = adapters.filter((matrix) => !this.baseOf(matrix)).length;
    return without === 0
      ? []
      : [`the base has no matrix of the name and size of ${without} of ${adapters.length} matrices of the adapter`];
  }

  async close(): Promise<void> {
    if (this.own) await this.base?.raw.close();
  }

  /** By its name, as kohya writes it, or without what diffusers puts before it. */
  private baseOf({ name, rows, columns }: CheckpointMatrix): CheckpointMatrix | null {
    const { matrices, flat } = this.base!;
    const found = isFlat(name)
      ? flat.get(flattened(name))
      : (matrices.get(name) ?? matrices.get(name.replace(PREFIX, "")));
    return found && found.rows * found.columns === rows * columns ? found : null;
  }

  private async baseNorm(adapted: CheckpointMatrix): Promise<number | null> {
    const matrix = this.base && this.baseOf(adapted);
    if (!this.base || !matrix) return null;
    const each = matrix.transposed ? matrix.rows : Math.max(1, Math.floor(AT_ONCE / matrix.columns));
    let sum = 0;
    for (let first = 0; first < matrix.rows; first += each) {
      const last = Math.min(matrix.rows, first + each);
      const { data } = await readMatrixRows(this.base.checkpoint, matrix, [first, last], this.signal);
      for (const weight of data) sum += weight * weight;
    }
    return Math.sqrt(sum);
  }
}
