/**
 * The public API of src/index.ts as Node, Deno and Bun get it: what `load` does not need is loaded when it is first called, since
 * compiling its code took half of a cold start. Bundlers for browsers leave out what is unused, and get src/index.ts.
 */
export const analyze: typeof import("./analyze.js").analyze = async (...given) => (await import("./analyze.js")).analyze(...given);
export const analyzeTransitions: typeof import("./transition.js").analyzeTransitions = async (...given) => (await import("./transition.js")).analyzeTransitions(...given);
export const openCheckpoint: typeof import("./checkpoint/open.js").openCheckpoint = async (...given) => (await import("./checkpoint/open.js")).openCheckpoint(...given);
export const scalingTables: typeof import("./scaling.js").scalingTables = async (...given) => (await import("./scaling.js")).scalingTables(...given);
export { CheckpointError } from "./errors.js";
export { load } from "./load.js";
export { architectureCompression } from "./scaling/architecture.js";
export { SCALING_TABLES } from "./scaling/tables.js";
export { fitPowerLaw, pearson } from "./statistics.js";
