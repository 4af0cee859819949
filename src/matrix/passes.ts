import { type ChunkWork, cutAtChunks, type RowRange, type Slices, type TakePart } from "../base/chunks.js";
import { finished } from "../host/pauses.js";
import { strideOf } from "../kernels/dense.js";
import type { Machine } from "../kernels/machine.js";
import { addToTotals, type Passes } from "../spectra/pass.js";
import type { PreparedBasis } from "./bases.js";
import { type PartOf, type PassSpec, workOf } from "./pass-spec.js";
import { type ByteReader, RowStream, shifted } from "./rows.js";
import type { StoredMatrix } from "./stored.js";

/** Other threads that hold the rows after those of the one that leads. */
export interface Helpers {
  /**
   * Begins a pass over their rows. What it gives passes the sums of their chunks on, in order, and ends when all are
   * there.
   */
  start<Spec extends PassSpec>(spec: Spec): (take: TakePart<PartOf<Spec>>) => Promise<void>;
}

/** How the rows of a matrix are passed over. */
export interface PassesOptions {
  /** Rows of a chunk. */
  each: number;
  /** The rows of this thread: whole chunks. */
  range: RowRange;
  /** Bytes for them. */
  memory: number;
  /** How often they will be passed over, as far as is known. */
  passes: number;
  helpers: Helpers | null;
  signal?: AbortSignal | undefined;
}

/**
 * Passes over the rows of one matrix, chunk by chunk: over a range of them in this thread, over the others in helpers.
 */
export class MatrixPasses {
  readonly stream: RowStream;

  /** Its buffers lie in the arena from here on; the caller frees them. */
  constructor(
    private readonly machine: Machine,
    private readonly plan: StoredMatrix,
    private readonly bases: readonly PreparedBasis[],
    bytes: ByteReader,
    private readonly options: PassesOptions,
  ) {
    const {
      range: { first, last },
      memory,
      passes,
      signal,
    } = options;
    const { rowBytes } = plan;
    const offset = first * rowBytes;
    const own: StoredMatrix =
      first === 0 && last === plan.rows ? plan : { ...plan, rows: last - first, byteLength: (last - first) * rowBytes };
    this.stream = new RowStream(machine, own, offset === 0 ? bytes : shifted(bytes, offset), {
      memory,
      passes,
      signal,
    });
  }

  /** Whether more than one chunk is summed. */
  get joined(): boolean {
    return this.options.helpers !== null || this.options.range.last > this.options.each;
  }

  /** This thread's rows. `take` gets the sums of each chunk, in order; `also` every block of rows. */
  async own<Part>(
    work: ChunkWork<Part>,
    scale: number,
    take: TakePart<Part>,
    also?: (pointer: number, firstRow: number, rows: number) => Slices | null,
  ): Promise<void> {
    const { each, range } = this.options;
    const stride = strideOf(this.plan.columns);
    const visit = cutAtChunks(each, range, stride, work, take);
    await this.stream.pass(stride, scale, function* (pointer, first, rows) {
      yield* visit(pointer, range.first + first, rows);
      yield* also?.(pointer, range.first + first, rows) ?? [];
    });
  }

  /** All rows. `take` gets the sums of each chunk, in order; arrays in them may be overwritten after it returns. */
  async run<Spec extends PassSpec>(spec: Spec, take: TakePart<PartOf<Spec>>): Promise<void> {
    const others = this.options.helpers?.start(spec);
    const marked = this.machine.exports.mark();
    try {
      const work = await finished(workOf(this.machine, this.plan, this.bases, spec), this.options);
      await this.own(work, spec.scale, take);
    } finally {
      this.machine.exports.release(marked);
    }
    await others?.(take);
  }

  /** The rows of the helpers alone, beside `own`. */
  others<Spec extends PassSpec>(spec: Spec): ((take: TakePart<PartOf<Spec>>) => Promise<void>) | undefined {
    return this.options.helpers?.start(spec);
  }

  /** Runs what asks for products WᵀW·v, one pass over the rows for each. */
  async drive<T>(steps: Passes<T>, scale: number): Promise<T> {
    const { machine, plan } = this;
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      const pass = step.value;
      if (pass === null) {
        await this.stream.breathe();
        continue;
      }
      const vectors: Float32Array[] = [];
      for (const block of pass.vectors) {
        vectors.push(machine.float32(block, plan.columns * 8).slice());
        await this.stream.breathe();
      }
      await this.run({ kind: "apply", scale, vectors }, (part) => addToTotals(machine, pass, part));
    }
  }
}
