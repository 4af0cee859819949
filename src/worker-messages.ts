import type { MatrixFigures, MatrixOptions } from "./analyze/matrix.js";
import type { MatrixPlan } from "./analyze/plan.js";

export type ToWorker =
  | { type: "start"; module: WebAssembly.Module; instructions: string; quantized: WebAssembly.Module | null }
  | { type: "job"; plan: MatrixPlan; options: MatrixOptions; memory: number }
  | { type: "bytes"; request: number; bytes: Uint8Array };

export type FromWorker =
  | { type: "ready" }
  | { type: "read"; request: number; start: number; end: number; into?: Uint8Array }
  | { type: "done"; figures: MatrixFigures }
  | { type: "failed"; name: string; message: string };
