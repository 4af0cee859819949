import type { WorkerHandle } from "./contract.js";
import { startWebWorker } from "./web-worker.js";

/**
 * A worker that ends by itself lets its thread's background compiles finish. Where `terminate` cuts them off, Node 20
 * may abort the whole process (`NodePlatform::GetForegroundTaskRunner`, 1 of some 160 analyses on a busy machine):
 * that is for a worker that does not listen.
 */
const ENDING_MS = 5000;

/** Deno and Bun have web workers; Node has `worker_threads`, which runs a script from its text. */
export async function startWorker(url?: string | URL): Promise<WorkerHandle> {
  if (typeof globalThis.Worker === "function") return startWebWorker(url);
  const { Worker } = await import("node:worker_threads");
  const worker =
    url === undefined
      ? new Worker((await import("../../build/worker.js")).default, { eval: true })
      : new Worker(url instanceof URL || !/^[a-z]+:/i.test(url) ? url : new URL(url));
  let received: (data: unknown) => void = () => {};
  let failed: (error: Error) => void = () => {};
  let ended = false;
  worker.on("message", (data) => received(data));
  worker.on("messageerror", (error) => failed(error));
  worker.on("error", (error) => failed(error as Error));
  worker.on("exit", (code) => {
    if (!ended) failed(new Error(`the worker ended with exit code ${code}`));
  });
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessage: (listener) => {
      received = listener;
    },
    onError: (listener) => {
      failed = listener;
    },
    terminate: () => {
      ended = true;
      worker.postMessage({ type: "end" });
      const late = setTimeout(() => void worker.terminate(), ENDING_MS);
      late.unref();
      worker.once("exit", () => clearTimeout(late));
    },
  };
}
