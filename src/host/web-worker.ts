import type { WorkerHandle } from "./contract.js";

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
        listener(event.data);
      };
    },
    onError: (listener) => {
      failed = listener;
    },
    terminate: () => {
      release();
      ended = true;
      worker.terminate();
    },
  };
}
