/** The paper's tables (docs/method.md §7), in the order they are made. */
export const SCALING_TABLES = ["compression", "transition", "fit", "norms", "amplitude", "rules", "order"] as const;
/** The name of one of the paper's tables. */
export type ScalingTable = (typeof SCALING_TABLES)[number];
/** Those that are measured on a checkpoint. */
export const CHECKPOINT_TABLES: readonly ScalingTable[] = ["norms", "amplitude", "rules", "order"];
