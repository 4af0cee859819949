import type { Machine } from "../kernels/machine.js";
import { analyzeMatrix, type Lead, type MatrixFigures } from "../matrix/figures.js";
import type { PartOf, PassSpec } from "../matrix/pass-spec.js";
import type { ByteReader } from "../matrix/rows.js";
import { firstReadOf, type MatrixOptions } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { HelperParts } from "./helper-parts.js";
import { withLocalBytes } from "./local-bytes.js";
import type { PoolOptions, Team } from "./options.js";

/** The calling thread as one that computes. */
export class LocalThread {
  private ahead: { index: number; end: number; bytes: Promise<Uint8Array> } | null = null;
  private parts: HelperParts | null = null;

  constructor(
    private readonly machine: Machine,
    private readonly matrices: readonly StoredMatrix[],
    private readonly options: MatrixOptions,
    private readonly pool: PoolOptions,
  ) {}

  /** One matrix; `next` is the one that will come after it. */
  run(index: number, next?: number): Promise<MatrixFigures> {
    return this.analyze(index, next, null);
  }

  /** One matrix whose rows from `team.last` on helpers have. */
  lead(index: number, team: Team): Promise<MatrixFigures> {
    this.parts = new HelperParts(team.helpers.length, (spec) => {
      for (const helper of team.helpers) helper.post({ type: "pass", spec });
    });
    return this.analyze(index, undefined, { last: team.last, helpers: this.parts });
  }

  takePart(helper: number, part: PartOf<PassSpec> | null): void {
    this.parts?.arrive(helper, part);
  }

  private analyze(index: number, next: number | undefined, lead: Lead | null): Promise<MatrixFigures> {
    const { machine, matrices, options, pool } = this;
    const reader = this.reader(index, next);
    const work = (bytes: ByteReader): Promise<MatrixFigures> =>
      analyzeMatrix(machine, {
        plan: matrices[index],
        options,
        bytes,
        memory: pool.memory,
        signal: pool.signal,
        onSpectrum: (share) => pool.onSpectrum(index, share),
        lead,
      });
    // Alone, this thread has others read while it computes; among several, it saves the copy.
    return pool.alongside && pool.threads > 1
      ? withLocalBytes(matrices[index], (bytes) => pool.onRead(index, bytes), reader, work)
      : work(reader);
  }

  /** With the last bytes of a matrix, the first of the next are asked for. */
  private reader(index: number, next: number | undefined): ByteReader {
    const { pool, matrices } = this;
    return {
      read: async (start, end, into) => {
        const early = start === 0 && this.ahead?.index === index && this.ahead.end === end ? this.ahead.bytes : null;
        if (early) this.ahead = null;
        const bytes = await (early ?? pool.read(index, start, end, into));
        if (end === matrices[index].byteLength && next !== undefined) this.ask(next);
        return bytes;
      },
    };
  }

  private ask(index: number): void {
    const { pool, matrices, options } = this;
    const end = firstReadOf(matrices[index], options, pool.memory);
    if (end === 0 || this.ahead?.index === index) return;
    this.ahead = { index, end, bytes: pool.read(index, 0, end) };
    this.ahead.bytes.catch(() => {}); // it is awaited only when its matrix comes
  }
}
