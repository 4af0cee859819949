import type { WorkerHandle } from "./contract.js";

/**
 * A worker says every 5 s that it goes on (src/parallel/worker.ts), as often as it looks for events; its matrices look
 * every fraction of a second. So many turns of a timer without a word, and it is taken to be gone: the browser ended it
 * for want of memory, and says so to nobody. Turns are counted, not time, which passes while the machine sleeps.
 */
const TURN_MS = 5000;
const SILENT_TURNS = 12;

/** Calls `gone` where a worker that has said "alive" falls silent. */
function watch(gone: () => void): { heard(data: unknown): boolean; stop(): void } {
  let timer: ReturnType<typeof setInterval> | undefined;
  let silent = 0;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };
  const turn = (): void => {
    if (++silent < SILENT_TURNS) return;
    stop();
    gone();
  };
  return {
    /** Whether that was all that it said. */
    heard(data) {
      silent = 0;
      const alive = (data as { type?: unknown } | null)?.type === "alive";
      if (alive && !stopped) timer ??= setInterval(turn, TURN_MS);
      return alive;
    },
    stop,
  };
}

/** A web worker from the script inlined in the package, or from `url` where a page's policy forbids blob URLs. */
export async function startWebWorker(url?: string | URL): Promise<WorkerHandle> {
  if (typeof Worker !== "function") throw new Error("this host has no workers");
  const script =
    url ??
    URL.createObjectURL(new Blob([(await import("../../build/worker.js")).default], { type: "text/javascript" }));
  const worker = new Worker(script, { type: "module" });
  const release = (): void => {
    if (url === undefined) URL.revokeObjectURL(script as string);
  };
  let failed: ((error: Error) => void) | undefined;
  let ended = false;
  const watched = watch(() =>
    failed?.(new Error(`it has said nothing for ${(SILENT_TURNS * TURN_MS) / 1000} s: it ended, or hangs`)),
  );
  // Bun says so where a worker ends by itself; browsers do not.
  worker.addEventListener("close", () => {
    if (!ended) failed?.(new Error("the worker ended"));
  });
  worker.onerror = (event) => {
    event.preventDefault?.();
    // Bun prints the lines of the script around the error before the error itself.
    const message = /^error: (.+)$/m.exec(event.message)?.[1] ?? event.message;
    failed?.(new Error(message || "the worker's script could not be loaded"));
  };
  worker.onmessageerror = () => failed?.(new Error("a message could not be copied to the worker"));
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessage: (listener) => {
      worker.onmessage = (event) => {
        release();
        if (!watched.heard(event.data)) listener(event.data);
      };
    },
    onError: (listener) => {
      failed = listener;
    },
    terminate: () => {
      release();
      watched.stop();
      ended = true;
      worker.terminate();
    },
  };
}
