import version from "../../build/version.js";
import { weightsOf } from "../checkpoint/views/interpreted.js";
import type { MatrixFigures } from "../matrix/figures.js";
import type { AnalyzeOptions, Report } from "../types.js";
import { Adapters } from "./adapters.js";
import { checkpointReader } from "./matrix-bytes.js";
import { plainReport, reportOf } from "./matrix-report.js";
import type { Prepared } from "./prepare.js";
import { sampleSummary } from "./sample-summary.js";
import { layersOf, summarize } from "./summary.js";
import { findTied } from "./tied.js";
import { valueNotes } from "./value-notes.js";

/** The report from the figures of all matrices, in the plan's order, whoever found them. */
export async function mergeFigures(
  { checkpoint, plan, settings }: Prepared,
  figures: readonly MatrixFigures[],
  instructions: string,
  options: Pick<AnalyzeOptions, "base" | "transpose" | "signal"> & { failed?: Report["summary"]["failed"] } = {},
): Promise<Report> {
  const { matrices } = plan;
  const { signal } = options;
  const tied = await findTied(
    matrices,
    (index) => figures[index].norms,
    (index) => checkpointReader(checkpoint, matrices[index], signal),
  );
  const reports = matrices.map((matrix, i) => reportOf(matrix, figures[i], tied[i]));
  const adapters = await Adapters.of(checkpoint, options);
  const notes = adapters.notes(matrices);
  try {
    for (const [i, matrix] of matrices.entries()) {
      const found = await adapters.figures(matrix, reports[i]);
      if (Object.keys(found).length > 0) reports[i] = Object.assign(plainReport(reports[i]), found);
    }
  } finally {
    await adapters.close();
  }
  const layers = layersOf(reports, plan.sample);
  return {
    schemaVersion: 2,
    tool: { name: "weightscope", version, instructions },
    source: {
      name: checkpoint.name.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, ""),
      format: checkpoint.format,
      byteLength: checkpoint.byteLength,
      parameters: weightsOf(checkpoint),
      matrices: matrices.length,
      skipped: plan.skipped,
      notes: [...plan.notes, ...notes, ...valueNotes(reports)],
    },
    options: settings.described,
    matrices: reports,
    layers,
    summary: {
      ...summarize(reports, layers, settings.matrix.gaussians, plan.otherParameters, plan.sample),
      failed: options.failed ?? [],
      ...(plan.sample && { sample: sampleSummary(reports, settings.matrix.gaussians, plan.sample) }),
    },
  };
}
