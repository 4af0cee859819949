/** The public API. Definitions of every figure: docs/method.md. */
export { analyze, analyzePart, mergeReport, type PartReport } from "./analyze/analyze.js";
export type { PartChoice } from "./analyze/parts.js";
export { CheckpointError } from "./base/errors.js";
export { fitPowerLaw, pearson } from "./base/statistics.js";
export { openCheckpoint } from "./checkpoint/open.js";
export { extractAdapter } from "./compare/adapter.js";
export { compare } from "./compare/compare.js";
export { compress } from "./compress/compress.js";
export type * from "./compress/contract.js";
export { restore } from "./compress/restore.js";
export { type FileJournal, openJournal } from "./distribute/journal.js";
export { load } from "./load.js";
export { architectureCompression } from "./scaling/architecture.js";
export type { ScalingOptions, ScalingProgress, ScalingRow, ScalingTable } from "./scaling/scaling.js";
export { scalingTables } from "./scaling/scaling.js";
export { SCALING_TABLES } from "./scaling/tables.js";
export { analyzeTransitions, type Text } from "./transitions/transitions.js";
export type * from "./types.js";
