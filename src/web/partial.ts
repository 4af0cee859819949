import version from "../../build/version.js";
import { layersOf, summarize } from "../analyze/summary.js";
import { valueNotes } from "../analyze/value-notes.js";
import { count, plural } from "../report/format.js";
import type { Report } from "../types.js";
import { save } from "./dom.js";
import type { Download } from "./download-forms.js";
import type { Figure } from "./figure.js";
import type { Model } from "./model.js";

/**
 * As much of a report as there is, for a download before the last matrix: its first note says of how many it is, and
 * its summary is of those alone.
 */
function partialReport(model: Model): Report {
  const { header, planned, plan, settings, name } = model;
  const { matrices } = model;
  const layers = layersOf(matrices);
  const summary = { ...summarize(matrices, layers, settings.gaussians, 0), failed: [] };
  const of =
    planned === null
      ? plural(matrices.length, "matrix", "matrices")
      : `${count(matrices.length)} of ${count(planned)} matrices`;
  return {
    schemaVersion: 2,
    // The page's pool is never asked for relaxed instructions, which change bits.
    tool: { name: "weightscope", version, instructions: "simd128" },
    source: {
      name,
      format: header?.format ?? "",
      byteLength: header?.byteLength ?? 0,
      parameters: header?.tensors.reduce((sum, tensor) => sum + tensor.parameters, 0) ?? 0,
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

/** Gives the visitor the report in one of its forms, or as much of it as there is. */
export async function saveReport(kind: Download, model: Model, figures: readonly Figure[]): Promise<void> {
  const partial = model.report === null;
  const report = model.report ?? partialReport(model);
  const { downloadOf } = await import("./downloads.js");
  for (const { name, type, text } of await downloadOf(kind, report, figures, partial)) save(name, type, text);
}
