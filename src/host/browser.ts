/** Browsers and any host without `node:` modules that may compile bytes. */
import { bytesOfDigits, inlinedKernels } from "./inlined.js";

/** The kernels as they stand in the bundle, compiled once. */
export const { kernelBytes, kernelModule } = inlinedKernels(bytesOfDigits);
export { createScratch, environment, openLocal, openLog, openPath, request } from "./no-file.js";
export { YIELD_EVERY_MS, yieldToEvents } from "./web-turns.js";
export { startWebWorker as startWorker } from "./web-worker.js";
