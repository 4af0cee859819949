/** The public API. Definitions of every figure: docs/method.md. */
export { analyze } from "./analyze.js";
export { openCheckpoint } from "./checkpoint/open.js";
export { load } from "./load.js";
export { CheckpointError } from "./errors.js";
export { scalingTables } from "./scaling.js";
export { architectureCompression } from "./scaling/architecture.js";
export { SCALING_TABLES } from "./scaling/tables.js";
export type { ScalingOptions, ScalingProgress, ScalingRow, ScalingTable } from "./scaling.js";
export { fitPowerLaw, pearson } from "./statistics.js";
export { analyzeTransitions } from "./transition.js";
export type * from "./types.js";
