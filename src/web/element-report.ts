import { analyze } from "../analyze/analyze.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { openRaw } from "../checkpoint/open.js";
import type { CheckpointInput, MatrixReport, Progress, Report } from "../types.js";
import { optionsOf, type Reflected } from "./element-attributes.js";
import { type Gate, gated } from "./gate.js";
import { fetchReport, reportOf } from "./saved-report.js";

/** What a report is made of: itself, or a checkpoint in place of the address. */
interface Given {
  report: Report | null;
  source: CheckpointInput | null;
  gate: Gate;
  signal: AbortSignal;
}

/** What comes meanwhile; nothing after the signal. */
export interface Steps {
  opened(checkpoint: RawCheckpoint): void;
  progress(progress: Progress): void;
  matrix(matrix: MatrixReport, index: number): void;
}

/** An address as the page means it. */
export const addressIn = (text: string): string => new URL(text, document.baseURI).href;

/** The report that an element shows: the one that was set, one that was saved, or one that is computed. */
export async function reportFor(
  element: Reflected,
  { report, source, gate, signal }: Given,
  steps: Steps,
): Promise<Report> {
  if (report) return reportOf(report, "report");
  if (source === null && element.reportSrc) return fetchReport(addressIn(element.reportSrc), signal);
  const options = optionsOf(element);
  const opened = await openRaw(source ?? addressIn(element.src!), {
    signal,
    hold: () => gate.pass(),
    fetch: gate.fetching((...given) => fetch(...given)),
  });
  try {
    signal.throwIfAborted();
    steps.opened(opened);
    return await analyze(gated(opened, gate), {
      ...options,
      singularValues: (element.charts ?? "spectrum").split(/[\s,]+/).includes("spectrum"),
      signal,
      onProgress: (progress) => {
        if (!signal.aborted) steps.progress(progress);
      },
      onMatrix: (matrix, index) => {
        if (!signal.aborted) steps.matrix(matrix, index);
      },
    });
  } finally {
    await opened.close();
  }
}
