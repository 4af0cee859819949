/** The workers' script: one matrix at a time, or a range of its rows. */
import { onMessage, post } from "./worker-port.js";
import { provideModule } from "../host/worker.js";
import { Bases } from "../matrix/bases.js";
import { distinctGaussians } from "../matrix/asked.js";
import { analyzeMatrix, courseOf } from "../matrix/figures.js";
import type { PartOf, PassSpec } from "../matrix/pass-spec.js";
import { MatrixPasses } from "../matrix/passes.js";
import type { MatrixPlan } from "../analyze/plan.js";
import type { ByteReader } from "../matrix/rows.js";
import { CheckpointError } from "../base/errors.js";
import { HelperParts } from "./helper-parts.js";
import { Machine } from "../kernels/machine.js";
import { withLocalBytes } from "./local-bytes.js";
import type { ToWorker } from "./messages.js";

let machine: Machine;
let requests = 0;
const waiting = new Map<number, (bytes: Uint8Array) => void>();

/** Milliseconds between words on how much was read. */
const NEWS = 50;

/** Bytes that the pool reads, asked for by message. */
function read(start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
  const request = requests++;
  return new Promise((resolve) => {
    waiting.set(request, resolve);
    // Back to its first byte: a shorter read may have used a part of it.
    const whole = into && new Uint8Array(into.buffer as ArrayBuffer);
    post({ type: "read", request, start, end, into: whole }, whole ? [whole.buffer] : []);
  });
}

/** Says now and then how many bytes this thread has read. */
let unsaid = 0, said = -Infinity;
function tell(bytes: number): void {
  unsaid += bytes;
  if (performance.now() - said < NEWS) return;
  post({ type: "seen", bytes: unsaid });
  unsaid = 0;
  said = performance.now();
}

/** From the file where this thread can open it, else from the pool. */
const withBytes = <T>(plan: MatrixPlan, work: (bytes: ByteReader) => Promise<T>): Promise<T> => withLocalBytes(plan, tell, { read }, work);

let helperParts: HelperParts | null = null;

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

/** Passes over a range of rows until the pool ends them. */
let passAsked: ((spec: PassSpec | null) => void) | null = null;

async function help({ plan, options, memory, range }: Extract<ToWorker, { type: "help" }>): Promise<void> {
  const bases = Bases.of(machine).prepare(plan.columns, distinctGaussians(options.gaussians, plan.columns), options.width);
  const marked = machine.exports.mark();
  const asked: (PassSpec | null)[] = [];
  let wake: (() => void) | null = null;
  passAsked = (spec) => {
    asked.push(spec);
    wake?.();
  };
  try {
    await withBytes(plan, async (bytes) => {
      const passes = new MatrixPasses(machine, plan, bases, bytes, { each: courseOf(plan, options).each, range, memory, passes: 2, helpers: null });
      for (;;) {
        if (asked.length === 0) await new Promise<void>((resolve) => { wake = resolve; });
        const spec = asked.shift();
        if (!spec) return;
        await passes.run(spec, (one: PartOf<PassSpec>) => {
          const { part, transfer } = own(one);
          post({ type: "part", part }, transfer);
        });
        post({ type: "part", part: null });
      }
    });
  } finally {
    machine.exports.release(marked);
  }
}

function failed(error: unknown): void {
  if (error instanceof CheckpointError) post({ type: "failed", name: error.name, message: error.message, code: error.code, tensor: error.tensor });
  else post({ type: "failed", name: error instanceof Error ? error.name : "Error", message: error instanceof Error ? error.message : String(error) });
}

async function analyze({ plan, options, memory, last, helpers }: Extract<ToWorker, { type: "job" }>): Promise<void> {
  [unsaid, said] = [0, -Infinity];
  helperParts = helpers === 0 ? null : new HelperParts(helpers, (spec) => post({ type: "delegate", spec }));
  const lead = { last, helpers: helperParts };
  post({ type: "done", figures: await withBytes(plan, (bytes) => analyzeMatrix(machine, plan, options, bytes, memory, undefined, lead)) });
}

/** The end of what was asked for: the next begins then. */
let turn = Promise.resolve();

onMessage((data) => {
  const message = data as ToWorker;
  if (message.type === "start") {
    if (message.quantized) provideModule("quantized", message.quantized);
    machine = new Machine(message.module, message.instructions);
    post({ type: "ready" });
  } else if (message.type === "bytes") {
    waiting.get(message.request)?.(message.bytes);
    waiting.delete(message.request);
  } else if (message.type === "part") {
    helperParts?.arrive(message.helper, message.part);
  } else if (message.type === "pass") passAsked?.(message.spec);
  else if (message.type === "leave") passAsked?.(null);
  else turn = turn.then(() => (message.type === "help" ? help(message) : analyze(message))).catch(failed);
});
