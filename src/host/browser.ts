/** Browsers and any host without `node:` modules that may compile bytes. */
import { bytesOfDigits, inlinedKernels } from "./inlined.js";

/** The kernels as they stand in the bundle, compiled once. */
export const { kernelBytes, kernelModule } = inlinedKernels(bytesOfDigits);
export { createScratch, environment, openLog, openPath, request } from "./no-file.js";
export { startWebWorker as startWorker } from "./web-worker.js";

/** Milliseconds of work between turns of the event loop. */
export const YIELD_EVERY_MS = 50;
/** One turn of the event loop. */
export const yieldToEvents = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** There are no files. */
export const openLocal = (): null => null;
