import type { SweepReport } from "../compress/sweep.js";
import type { CheckpointInput, MatrixReport, Progress, Report, TensorInfo } from "../types.js";

/** Where the element stands: without anything to show, before it is in sight, at work, or after it. */
export type WeightScopeState = "empty" | "waiting" | "loading" | "paused" | "done" | "cancelled" | "failed";

/** What can be saved of the element: a report in one of its forms, or one of its charts. */
export type WeightScopeFile = "json" | "csv" | "markdown" | "html" | "svg" | "png";

/** Events of the element; they bubble and cross shadow roots. */
export interface WeightScopeEvents {
  /** The header has been read. */
  opened: CustomEvent<{ name: string; format: string; byteLength: number; tensors: readonly TensorInfo[] }>;
  progress: CustomEvent<Progress>;
  /** All figures are there: computed, or those of a saved report. */
  report: CustomEvent<{ report: Report }>;
  /** A matrix was opened in the table. */
  matrix: CustomEvent<{ matrix: MatrixReport }>;
  failed: CustomEvent<{ error: unknown }>;
  /** `cancel()` ended an analysis; the matrices that were done. */
  cancelled: CustomEvent<{ matrices: MatrixReport[] }>;
}

/**
 * Attributes and properties for JSX. React 19: `declare module "react" { namespace JSX { interface IntrinsicElements {
 * "weight-scope": WeightScopeAttributes & React.HTMLAttributes<WeightScopeElement> } } }`.
 */
export interface WeightScopeAttributes {
  src?: string | undefined;
  "report-src"?: string | undefined;
  loading?: "lazy" | "eager" | undefined;
  gaussians?: string | undefined;
  permutations?: number | string | undefined;
  svd?: boolean | undefined;
  seed?: number | string | undefined;
  include?: string | undefined;
  exclude?: string | undefined;
  transpose?: string | undefined;
  threads?: number | string | undefined;
  "worker-url"?: string | undefined;
  charts?: string | undefined;
  table?: boolean | undefined;
  k?: string | undefined;
  "sweep-src"?: string | undefined;
  source?: CheckpointInput | null | undefined;
  report?: Report | null | undefined;
  sweep?: SweepReport | null | undefined;
}
