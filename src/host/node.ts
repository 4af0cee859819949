/** Node, Deno and Bun: `node:` modules are there, and bytes may be compiled. */
export { kernelBytes, kernelModule } from "./inlined.js";
export { openPath } from "./node-file.js";
export { createScratch } from "./node-spool.js";
export { startWorker } from "./node-worker.js";
export type { WorkerHandle } from "./worker-handle.js";

export const environment = (name: string): string | undefined => process.env[name] || undefined;
