import { asRawCheckpoint } from "../checkpoint/adapted.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { type CheckpointMatrix, matricesOf } from "../checkpoint/matrices.js";
import { readMatrixRows } from "../checkpoint/matrix-rows.js";
import { openRaw } from "../checkpoint/open.js";
import { type Interpreted, interpret } from "../checkpoint/views/interpreted.js";
import { lowRankParticipation, lowRankSquares, rowGram, smallGram } from "../spectra/low-rank.js";
import type { AnalyzeOptions, Checkpoint, MatrixReport } from "../types.js";

type AdapterFigures = Pick<MatrixReport, "adapter" | "participation">;

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
    const matrices = new Map(matricesOf(interpreted, transpose).matrices.map((matrix) => [matrix.name, matrix]));
    return new Adapters(checkpoint, { checkpoint: interpreted, raw, matrices }, !opened, signal);
  }

  /** Of one matrix; nothing where it is no adapter's. From r × r Gram matrices: the product is not formed. */
  async figures(matrix: CheckpointMatrix, { participation }: MatrixReport): Promise<Partial<AdapterFigures>> {
    const recipe = this.checkpoint.assembled(matrix.tensor)?.recipe;
    if (recipe?.kind !== "low-rank" || participation === null) return {};
    const { stored } = this.checkpoint;
    const { a, b, rank, rows, columns, factor } = recipe;
    const left = await stored.readRows(b, 0, b.shape[0], this.signal);
    const right = await stored.readRows(a, 0, a.shape[0], this.signal);
    const squares = lowRankSquares(smallGram(left, rank), rowGram(right, rank), rank, factor);
    const floor = Math.sqrt(squares[0]) * Math.max(rows, columns) * 2 ** -23;
    const rankUsed = squares.filter((square) => Math.sqrt(square) > floor).length;
    const norm = await this.baseNorm(matrix.name);
    const relativeChange = norm === null || norm === 0 ? null : Math.sqrt(squares.reduce((x, y) => x + y, 0)) / norm;
    return { participation: lowRankParticipation(squares), adapter: { rank, rankUsed, scale: factor, relativeChange } };
  }

  async close(): Promise<void> {
    if (this.own) await this.base?.raw.close();
  }

  private async baseNorm(name: string): Promise<number | null> {
    const matrix = this.base?.matrices.get(name);
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
