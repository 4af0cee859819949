/**
 * Every shape of the public API. The definition of each figure is in docs/method.md (§ numbers).
 * Shapes are rows × columns, row-major. Sizes are counts of elements unless they say bytes.
 * Everything that can take long accepts `signal` (rejects with its reason) and `onProgress`.
 */
export type * from "./types/analyze.js";
export type * from "./types/checkpoint.js";
export type * from "./types/compare.js";
export type * from "./types/kernels.js";
export type * from "./types/matrix-report.js";
export type * from "./types/report.js";
export type * from "./types/transitions.js";
