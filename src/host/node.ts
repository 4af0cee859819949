/** Node, Deno and Bun: `node:` modules are there, and bytes may be compiled. */
import { Buffer } from "node:buffer";
import { inlinedKernels } from "./inlined.js";

/** Some 5 ms of a cold start faster than code that is not compiled yet. */
export const { kernelBytes, kernelModule } = inlinedKernels((digits) => new Uint8Array(Buffer.from(digits, "hex")));
export { openPath } from "./node-file.js";
export { createScratch } from "./node-spool.js";
export { startWorker } from "./node-worker.js";
export type { WorkerHandle } from "./worker-handle.js";

export const environment = (name: string): string | undefined => process.env[name] || undefined;
