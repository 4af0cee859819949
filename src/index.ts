/** The public API. Definitions of every figure: docs/method.md. */
export { openCheckpoint } from "./checkpoint/open.js";
export { load } from "./load.js";
export { CheckpointError } from "./errors.js";
export type * from "./types.js";
