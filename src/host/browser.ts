/** Browsers and any host without `node:` modules that may compile bytes. */
export { kernelBytes, kernelModule } from "./inlined.js";
export { createScratch, environment, openPath } from "./no-file.js";
export { startWebWorker as startWorker } from "./web-worker.js";
export type { WorkerHandle } from "./worker-handle.js";
