import { hasRelaxedSimd } from "../kernels/modules.js";
import type { MatrixFigures } from "../matrix/figures.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { Journal } from "../types.js";
import { taskKeys } from "./keys.js";
import { FigurePack } from "./packed-figures.js";
import type { Prepared } from "./prepare.js";

/** The figures of a journal for each matrix, null where they are not there, and where new ones are kept. */
export class KeptFigures {
  private adding: Promise<void> = Promise.resolve();
  private reject!: (error: unknown) => void;
  /** Rejects when the journal can take no more. */
  readonly failure = new Promise<never>((_, reject) => {
    this.reject = reject;
  });

  private constructor(
    private readonly journal: Journal,
    private readonly keys: readonly string[],
    readonly found: readonly (MatrixFigures | null)[],
    readonly instructions: string,
  ) {
    this.failure.catch(() => {}); // it is raced, or nobody waits for it any more
  }

  /** `packed` holds what is found in a fraction of the memory. */
  static async of(
    { checkpoint, plan, settings }: Prepared,
    journal: Journal,
    relaxed: boolean,
    packed = false,
  ): Promise<KeptFigures> {
    const pack = packed ? new FigurePack() : null;
    const { matrices } = plan;
    const instructions = relaxed && (await hasRelaxedSimd()) ? "relaxed-simd" : "simd128";
    const keys = await taskKeys(matrices, settings.matrix, instructions, ({ tensor }) => checkpoint.places(tensor));
    const found: (MatrixFigures | null)[] = [];
    for (const [index, key] of keys.entries()) {
      const figures = journal.has(key) ? await journal.get(key) : null;
      found.push(isFiguresOf(figures, matrices[index]) ? (pack?.add(figures) ?? figures) : null);
    }
    return new KeptFigures(journal, keys, found, instructions);
  }

  add(index: number, figures: MatrixFigures): void {
    this.adding = this.adding.then(() => this.journal.add({ key: this.keys[index], figures })).catch(this.reject);
  }

  /** All that was added is in the journal. */
  async settle(): Promise<void> {
    await Promise.race([this.adding, this.failure]);
  }
}

/** What stands in a journal may come from anywhere: figures of another shape are not taken. */
export function isFiguresOf(figures: unknown, { rows, columns }: StoredMatrix): figures is MatrixFigures {
  if (typeof figures !== "object" || figures === null) return false;
  const { norms, participation, noiseParticipationRatio, gaussian } = figures as Partial<MatrixFigures>;
  if (typeof norms !== "object" || norms === null || !Number.isFinite(norms.norm) || norms.norm < 0) return false;
  if (noiseParticipationRatio !== (rows * columns) / (rows + columns + 1) || !Array.isArray(gaussian)) return false;
  if (participation === null) return gaussian.length === 0;
  if (typeof participation !== "object") return false;
  const { lower, value, upper } = participation;
  return (
    lower <= value && value <= upper && gaussian.every(({ amplitudes, gaussians }) => amplitudes === rows * gaussians)
  );
}
