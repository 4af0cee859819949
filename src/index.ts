/** The public API. Definitions of every figure: docs/method.md. */
export { analyze } from "./analyze.js";
export { openCheckpoint } from "./checkpoint/open.js";
export { load } from "./load.js";
export { CheckpointError } from "./errors.js";
export { architectureCompression, scalingTables, SCALING_TABLES } from "./scaling.js";
export type { ScalingOptions, ScalingProgress, ScalingRow, ScalingTable } from "./scaling.js";
export { fitPowerLaw, pearson } from "./statistics.js";
export { analyzeTransitions } from "./transition.js";
export type * from "./types.js";
