import version from "../../build/version.js";
import { layersOf, summarize } from "../analyze/summary.js";
import { valueNotes } from "../analyze/value-notes.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { count, plural } from "../report/format.js";
import type { MatrixReport, Report } from "../types.js";
import type { Plan, Settings } from "./messages.js";

/** What an analysis has come to before it ended. */
interface Found {
  matrices: MatrixReport[];
  settings: Settings;
  plan: Omit<Plan, "tensors"> | null;
}

/**
 * As much of a report as there is, for a download before the last matrix: its first note says of how many it is, and
 * its summary is of those alone.
 */
export function partialReport(
  { name, format, byteLength, tensors }: Pick<RawCheckpoint, "name" | "format" | "byteLength" | "tensors">,
  { matrices, settings, plan }: Found,
): Report {
  const layers = layersOf(matrices);
  const summary = { ...summarize(matrices, layers, settings.gaussians, 0), failed: [] };
  const of =
    plan === null
      ? plural(matrices.length, "matrix", "matrices")
      : `${count(matrices.length)} of ${count(plan.matrices)} matrices`;
  return {
    schemaVersion: 2,
    // The page's pool is never asked for relaxed instructions, which change bits.
    tool: { name: "weightscope", version, instructions: "simd128" },
    source: {
      name,
      format,
      byteLength,
      parameters: tensors.reduce((sum, tensor) => sum + tensor.parameters, 0),
      matrices: matrices.length,
      skipped: [...(plan?.skipped ?? [])],
      notes: [`partial: all figures are of ${of}`, ...(plan?.notes ?? []), ...valueNotes(matrices)],
    },
    options: { ...settings },
    matrices,
    layers,
    summary,
  };
}
