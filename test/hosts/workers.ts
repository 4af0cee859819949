import { analyze } from "weightscope";

/** What became of workers here: whether they ran, ended at an abort, and said why they crashed. */
export interface WorkerOutcome {
  /** Matrices that workers finished, of how many. */
  finished: number;
  matrices: number;
  /** Workers that an abort in the middle left running, and what `analyze` rejected with. */
  leftRunning: number;
  aborted: string;
  crashed: string;
  missing: string;
}

interface NodeWorker {
  on(event: string, listener: (value: { type?: string }) => void): void;
}
interface Scope {
  Worker?: typeof Worker;
  process?: {
    on?(event: "worker", listener: (worker: NodeWorker) => void): void;
    off?(event: "worker", listener: (worker: NodeWorker) => void): void;
  };
}
const scope = globalThis as unknown as Scope;

/**
 * Watches every worker that starts while `work` runs: web workers by the constructor, Node's by the process's event.
 */
async function watched(
  work: () => Promise<unknown>,
  onMessage: (type: string | undefined) => void = () => {},
): Promise<{ running: number; finished: number; result: unknown }> {
  let running = 0;
  let finished = 0;
  const message = (type: string | undefined) => {
    if (type === "done") finished++;
    onMessage(type);
  };
  const Host = scope.Worker;
  const seen = (worker: NodeWorker) => {
    running++;
    worker.on("exit", () => running--);
    worker.on("message", ({ type }) => message(type));
  };
  if (Host) {
    scope.Worker = class extends Host {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        running++;
        this.addEventListener("message", ({ data }: MessageEvent<{ type?: string }>) => message(data.type));
      }
      override terminate(): void {
        running--;
        super.terminate();
      }
    };
  } else scope.process?.on?.("worker", seen);
  try {
    const result = await work().catch((error: unknown) => String(error));
    // Node's workers say that they have ended a little later.
    for (let tries = 0; running > 0 && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
    return { running, finished, result };
  } finally {
    if (Host) scope.Worker = Host;
    else scope.process?.off?.("worker", seen);
  }
}

/** A worker that says it is ready and fails at its first matrix. */
const crashing = `const port = typeof postMessage === "function" ? globalThis : \
process.getBuiltinModule("node:worker_threads").parentPort;
const receive = (message) => { if (message.type === "start") port.postMessage({ type: "ready" }); else throw new \
Error("out of luck"); };
if (port === globalThis) onmessage = (event) => receive(event.data); else port.on("message", receive);`;

export async function workersHere(example: Uint8Array): Promise<WorkerOutcome> {
  let matrices = 0;
  const whole = await watched(async () => {
    matrices = (await analyze(example, { threads: 2 })).source.matrices;
  });
  const controller = new AbortController();
  const aborted = await watched(
    () => analyze(example, { threads: 2, permutations: 50, signal: controller.signal }),
    (type) => {
      if (type === "done") controller.abort(new Error("enough"));
    },
  );
  // Node starts a worker from a data URL, Bun from a blob; browsers from either.
  const url = scope.Worker
    ? URL.createObjectURL(new Blob([crashing], { type: "text/javascript" }))
    : `data:text/javascript,${encodeURIComponent(crashing)}`;
  const crashed = await watched(() => analyze(example, { threads: 2, workerUrl: url }));
  const base = URL.canParse(import.meta.url) ? import.meta.url : "https://localhost/"; // workerd's modules have no URL
  const missing = await watched(() => analyze(example, { threads: 2, workerUrl: new URL("no-such-worker.js", base) }));
  return {
    finished: whole.finished,
    matrices,
    leftRunning: whole.running + aborted.running + crashed.running + missing.running,
    aborted: String(aborted.result),
    crashed: String(crashed.result),
    missing: String(missing.result),
  };
}
