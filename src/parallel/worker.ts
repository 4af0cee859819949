/** The workers' script: one matrix at a time, or a range of its rows. */
import { CheckpointError } from "../base/errors.js";
import { finished } from "../host/pauses.js";
import { end, onYield, provideModule } from "../host/worker.js";
import { Machine } from "../kernels/machine.js";
import { distinctGaussians } from "../matrix/asked.js";
import { Bases } from "../matrix/bases.js";
import { type ChangeFigures, changeOf } from "../matrix/change/change.js";
import type { RowsOfBoth } from "../matrix/change/rows.js";
import { analyzeMatrix } from "../matrix/figures.js";
import type { PartOf, PassSpec } from "../matrix/pass-spec.js";
import { MatrixPasses } from "../matrix/passes.js";
import type { ByteReader } from "../matrix/rows.js";
import { scheduleOf } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";
import { HelperParts } from "./helper-parts.js";
import { withLocalBytes } from "./local-bytes.js";
import type { ToWorker } from "./messages.js";
import { close, onMessage, post } from "./worker-port.js";

/** Between signs of life: where nothing is to be said, and where a matrix leaves no turn to a timer. */
const ALIVE_EVERY_MS = 5000;
/** Between words on how much was read. */
const PROGRESS_EVERY_MS = 50;

type Asked<Type extends ToWorker["type"]> = Extract<ToWorker, { type: Type }>;

/** What this thread is doing for the pool. */
class Worker {
  private requests = 0;
  private readonly waiting = new Map<number, (bytes: Uint8Array) => void>();
  private readonly waitingForRows = new Map<number, (rows: RowsOfBoth) => void>();
  private unreported = 0;
  private reportedAt = -Infinity;
  private helperParts: HelperParts | null = null;
  /** Passes over a range of rows until the pool ends them with null. */
  private passAsked: ((spec: PassSpec | null) => void) | null = null;
  /** The end of what was asked for: the next begins then. */
  private turn = Promise.resolve();

  constructor(private readonly machine: Machine) {}

  hear(message: Exclude<ToWorker, { type: "start" | "end" }>): void {
    if (message.type === "bytes") {
      this.waiting.get(message.request)?.(message.bytes);
      this.waiting.delete(message.request);
    } else if (message.type === "rows") {
      this.waitingForRows.get(message.request)?.(message.rows);
      this.waitingForRows.delete(message.request);
    } else if (message.type === "part") this.helperParts?.arrive(message.helper, message.part);
    else if (message.type === "pass") this.passAsked?.(message.spec);
    else if (message.type === "leave") this.passAsked?.(null);
    else this.turn = this.turn.then(() => this.begin(message)).catch(failed);
  }

  private begin(message: Asked<"job" | "help" | "change">): Promise<void> {
    if (message.type === "help") return this.help(message);
    return message.type === "change" ? this.change(message) : this.analyze(message);
  }

  /** Bytes that the pool reads, asked for by message. */
  private read(start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
    const request = this.requests++;
    return new Promise((resolve) => {
      this.waiting.set(request, resolve);
      // Back to its first byte: a shorter read may have used a part of it.
      const whole = into && new Uint8Array(into.buffer as ArrayBuffer);
      post({ type: "read", request, start, end, into: whole }, whole ? [whole.buffer] : []);
    });
  }

  private async change({ shape, options }: Asked<"change">): Promise<void> {
    const read = (first: number, last: number): Promise<RowsOfBoth> => {
      const request = this.requests++;
      return new Promise((resolve) => {
        this.waitingForRows.set(request, resolve);
        post({ type: "rows", request, first, last });
      });
    };
    const figures = await changeOf(this.machine, shape, read, options, { onShare: (share) => this.tell(share) });
    post({ type: "changed", figures }, arraysIn(figures));
  }

  /** Says now and then how many bytes this thread has read. */
  private report(bytes: number): void {
    this.unreported += bytes;
    if (performance.now() - this.reportedAt < PROGRESS_EVERY_MS) return;
    post({ type: "seen", bytes: this.unreported });
    this.unreported = 0;
    this.reportedAt = performance.now();
  }

  /** Says now and then how much of a spectrum is done. */
  private tell(share: number): void {
    if (performance.now() - this.reportedAt < PROGRESS_EVERY_MS) return;
    post({ type: "spectrum", share });
    this.reportedAt = performance.now();
  }

  /** From the file where this thread can open it, else from the pool. */
  private withBytes<T>(plan: StoredMatrix, work: (bytes: ByteReader) => Promise<T>): Promise<T> {
    const pool: ByteReader = { read: (start, end, into) => this.read(start, end, into) };
    return withLocalBytes(plan, (bytes) => this.report(bytes), pool, work);
  }

  private async analyze({ plan, options, memory, last, helpers }: Asked<"job">): Promise<void> {
    [this.unreported, this.reportedAt] = [0, -Infinity];
    this.helperParts = helpers === 0 ? null : new HelperParts(helpers, (spec) => post({ type: "delegate", spec }));
    const lead = { last, helpers: this.helperParts };
    const figures = await this.withBytes(plan, (bytes) =>
      analyzeMatrix(this.machine, { plan, options, bytes, memory, lead, onSpectrum: (share) => this.tell(share) }),
    );
    post({ type: "done", figures });
  }

  private async help({ plan, options, memory, range }: Asked<"help">): Promise<void> {
    const { machine } = this;
    // Passes may be asked for while the bases are made.
    const next = this.passQueue();
    const counts = distinctGaussians(options.gaussians, plan.columns);
    const bases = await finished(Bases.of(machine).prepare(plan.columns, counts, options.width));
    const marked = machine.exports.mark();
    try {
      await this.withBytes(plan, async (bytes) => {
        const { each } = scheduleOf(plan, options);
        const passes = new MatrixPasses(machine, plan, bases, bytes, { each, range, memory, passes: 2, helpers: null });
        await eachPass(passes, next);
      });
    } finally {
      machine.exports.release(marked);
    }
  }

  /** The passes asked for from now on, in order; null at the end. */
  private passQueue(): () => Promise<PassSpec | null> {
    const asked: (PassSpec | null)[] = [];
    let wake: (() => void) | null = null;
    this.passAsked = (spec) => {
      asked.push(spec);
      wake?.();
    };
    return async () => {
      if (asked.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return asked.shift() ?? null;
    };
  }
}

/** The sums of this thread's rows for each pass, chunk by chunk, to the pool. */
async function eachPass(passes: MatrixPasses, next: () => Promise<PassSpec | null>): Promise<void> {
  for (let spec = await next(); spec; spec = await next()) {
    // biome-ignore lint/correctness/useYield: to give a part away takes no slices
    await passes.run(spec, function* (one: PartOf<PassSpec>) {
      const { part, transfer } = own(one);
      post({ type: "part", part }, transfer);
    });
    post({ type: "part", part: null });
  }
}

/** A part as arrays of its own, which may be given away: they may be views of the kernels' memory. */
function own(part: PartOf<PassSpec>): { part: PartOf<PassSpec>; transfer: ArrayBuffer[] } {
  if (Array.isArray(part)) {
    const copies = part.map((array) => array.slice());
    return { part: copies, transfer: copies.map((array) => array.buffer) };
  }
  if (!("gram" in part) || part.gram === null) return { part, transfer: [] };
  const gram = part.gram.slice();
  return { part: { ...part, gram }, transfer: [gram.buffer] };
}

function arraysIn({ squares, factors }: ChangeFigures): ArrayBuffer[] {
  const arrays = [squares, factors?.left, factors?.right];
  return arrays.flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []));
}

function failed(error: unknown): void {
  if (error instanceof CheckpointError)
    post({ type: "failed", name: error.name, message: error.message, code: error.code, tensor: error.tensor });
  else
    post({
      type: "failed",
      name: error instanceof Error ? error.name : "Error",
      message: error instanceof Error ? error.message : String(error),
    });
}

/** Says every few seconds that this thread goes on. */
function sayAlive(): void {
  let at = performance.now();
  const say = (): void => {
    if (performance.now() - at < ALIVE_EVERY_MS / 2) return;
    post({ type: "alive" });
    at = performance.now();
  };
  post({ type: "alive" });
  onYield(say);
  // In Node a timer would keep the thread from ending.
  (setInterval(say, ALIVE_EVERY_MS) as { unref?(): void }).unref?.();
}

let worker: Worker;

onMessage((data) => {
  const message = data as ToWorker;
  if (message.type === "start") {
    if (message.quantized) provideModule("quantized", message.quantized);
    worker = new Worker(new Machine(message.module, message.instructions));
    post({ type: "ready" });
    sayAlive();
  } else if (message.type === "end") {
    end();
    close();
  } else worker.hear(message);
});
