/**
 * The page's worker: it holds one checkpoint, reads it, and shares the work among workers that the page starts. The
 * page itself only draws.
 */
import { analyze } from "../analyze/analyze.js";
import { planMatrices } from "../analyze/plan.js";
import { CheckpointError } from "../base/errors.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { interpret } from "../checkpoint/views/interpreted.js";
import { compare } from "../compare/compare.js";
import { analyzeTransitions } from "../transitions/transitions.js";
import type { CompareReport, MatrixReport, Progress, TransitionReport } from "../types.js";
import { Gate, gated } from "./gate.js";
import type { FromSession, Header, Requests, Settings, ToSession } from "./messages.js";
import { rowFits, singularValues, spreadOf } from "./one-matrix.js";
import { openInput } from "./open-input.js";
import { inMessages, Overviews } from "./overviews.js";
import { workersOfPage } from "./page-workers.js";
import { analyzeOptions, cores, patterns } from "./settings.js";
import { tensorPlaces } from "./tensor-places.js";

const scope = globalThis as unknown as {
  Worker: typeof Worker;
  postMessage(message: FromSession, transfer?: Transferable[]): void;
  onmessage: (event: MessageEvent<ToSession>) => void;
};
const pageWorkers = workersOfPage(scope);
scope.Worker = pageWorkers.Worker;
const gate = new Gate();
const overviews = new Overviews();
let cancelling = new AbortController();
let opened: RawCheckpoint | null = null;

/** Tensors of a header, or layers, that a message carries. */
const LINES_A_MESSAGE = 500;
/** Messages a page is sent a second, at most: it redraws no faster. */
const EVERY = 100;

async function open({ input, online }: Requests["open"]["ask"]): Promise<Header> {
  await opened?.close();
  opened = null;
  opened = await openInput(input, { online, signal: cancelling.signal, gate });
  const { name, format, byteLength, tensors, metadata } = opened;
  for (const part of inMessages(tensors, LINES_A_MESSAGE)) scope.postMessage({ type: "tensors", tensors: part });
  return {
    name,
    format,
    byteLength,
    tensors: [],
    metadata: Object.entries(metadata)
      .slice(0, 200)
      .map(([key, value]) => [key, described(value)]),
  };
}

async function compareBoth({ base, tuned, online }: Requests["compare"]["ask"]): Promise<CompareReport> {
  const { signal } = cancelling;
  const sides: RawCheckpoint[] = [];
  try {
    for (const input of [base, tuned]) sides.push(await openInput(input, { online, signal }));
    return await compare(sides[0], sides[1], {
      threads: cores(),
      signal,
      workerUrl: new URL("worker.js", import.meta.url),
      onProgress: (progress) => scope.postMessage({ type: "progress", progress }),
    });
  } finally {
    for (const side of sides) await side.close();
  }
}

function described(value: unknown): string {
  const text =
    typeof value === "string"
      ? value
      : Array.isArray(value) || ArrayBuffer.isView(value)
        ? `${(value as ArrayLike<unknown>).length} values`
        : (JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part)) ?? "");
  return text.slice(0, 500);
}

function checkpoint(): RawCheckpoint {
  if (!opened) throw new Error("no checkpoint is open");
  return opened;
}

async function analyzeOpened({ settings }: { settings: Settings }): Promise<Requests["analyze"]["answer"]> {
  let waiting: { index: number; matrix: MatrixReport }[] = [];
  let progress: Progress | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  overviews.begin(settings);
  const send = (matrices: typeof waiting): void => {
    for (const part of inMessages(matrices)) scope.postMessage({ type: "matrices", matrices: part });
  };
  const flush = (): void => {
    timer = null;
    send(waiting);
    if (progress) scope.postMessage({ type: "progress", progress });
    waiting = [];
  };
  const soon = (): void => {
    timer ??= setTimeout(flush, EVERY);
  };
  // Beside the analysis, which says itself what is wrong with a checkpoint.
  const source = gated(checkpoint(), gate);
  const planned = interpret(source, cancelling.signal).then(
    (found) => {
      const plan = planMatrices(found, patterns(settings));
      const { matrices, notes, skipped } = plan;
      const tensors = tensorPlaces(found, plan);
      overviews.plan = { matrices: matrices.length, notes, skipped };
      scope.postMessage({ type: "planned", plan: { matrices: matrices.length, notes, skipped, tensors } });
      return matrices.map(({ name }) => name);
    },
    () => [],
  );
  try {
    const report = await analyze(source, {
      ...analyzeOptions(settings),
      signal: cancelling.signal,
      workerUrl: new URL("worker.js", import.meta.url),
      onProgress: (given) => {
        progress = given;
        soon();
      },
      onMatrix: (matrix, index) => {
        waiting.push({ index, matrix });
        overviews.take(index, matrix);
        soon();
      },
    });
    flush();
    send(overviews.finish(report, await planned));
    for (const part of inMessages(report.layers, LINES_A_MESSAGE)) scope.postMessage({ type: "layers", layers: part });
    return { ...report, matrices: [], layers: [] };
  } finally {
    if (timer !== null) clearTimeout(timer);
    flush();
  }
}

async function transitions({
  file,
  ...options
}: Requests["transitions"]["ask"]): Promise<Requests["transitions"]["answer"]> {
  const { signal } = cancelling;
  const made: TransitionReport[][] = [];
  for (const [pass, matrix] of (["transition", "counts"] as const).entries()) {
    let last = 0;
    made.push(
      await analyzeTransitions(file.stream().pipeThrough(new TextDecoderStream()), {
        ...options,
        matrix,
        signal,
        onProgress: ({ done, total }) => {
          if (performance.now() - last < EVERY) return;
          last = performance.now();
          scope.postMessage({ type: "counted", done: pass * total + done, total: total * 2 });
        },
      }),
    );
  }
  return { transition: made[0], counts: made[1] };
}

/** At most so often as a page redraws. */
function tellingProgress(): (progress: Progress) => void {
  let last = -Infinity;
  return (progress) => {
    if (performance.now() - last < EVERY) return;
    last = performance.now();
    scope.postMessage({ type: "progress", progress });
  };
}

const atWork = () => ({ threads: cores(), signal: cancelling.signal, onProgress: tellingProgress() });

const handlers: { [K in keyof Requests]?: (ask: Requests[K]["ask"]) => Promise<Requests[K]["answer"]> } = {
  open,
  analyze: analyzeOpened,
  overview: async ({ k }) => overviews.of(checkpoint(), k),
  save: async (ask) => (await import("./make-files.js")).makeReport(ask, overviews.reportOf(checkpoint())),
  transitions,
  compare: compareBoth,
  compress: async (ask) => (await import("./make-files.js")).makeCompressed(ask, atWork()),
  adapter: async (ask) => (await import("./make-files.js")).makeAdapter(ask, atWork()),
  rows: (ask) => rowFits(checkpoint(), ask),
  spread: (ask) => spreadOf(checkpoint(), ask),
  singular: (ask) => singularValues(checkpoint(), ask),
};

scope.onmessage = ({ data }) => {
  if (data.type === "pause") gate.pause();
  else if (data.type === "resume") gate.resume();
  else if (data.type === "worker-failed") pageWorkers.failed(data);
  else if (data.type === "cancel") {
    cancelling.abort(new DOMException("cancelled", "AbortError"));
    cancelling = new AbortController();
    gate.resume();
  } else {
    const { signal } = cancelling;
    const { id, kind, ask } = data;
    const handler = handlers[kind] as ((ask: unknown) => Promise<Requests[typeof kind]["answer"]>) | undefined;
    Promise.resolve()
      .then(() => {
        if (!handler) throw new Error(`${kind} is not known here`);
        return handler(ask);
      })
      .then(
        (answer) => scope.postMessage({ type: "answer", id, answer }),
        (error: unknown) =>
          scope.postMessage({
            type: "failed",
            id, // What aborted work says is not the reason why it ended.
            name: signal.aborted ? "AbortError" : error instanceof Error ? error.name : "Error",
            message: error instanceof Error ? error.message : String(error),
            code: error instanceof CheckpointError ? error.code : null,
          }),
      );
  }
};
