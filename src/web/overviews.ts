import { layersOf, summarize } from "../analyze/summary.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { facts } from "../report/facts.js";
import { banded } from "../report/html/bands.js";
import { signalHeat } from "../report/html/heat.js";
import { layerNorms, overview } from "../report/html/views.js";
import type { MatrixReport, Report } from "../types.js";
import type { Overview, Plan, Settings } from "./messages.js";
import { partialReport } from "./partial.js";

/** Matrices a message to the page carries, at most: what one takes to unpack must not be felt. */
const A_MESSAGE = 50;

/**
 * What a session has found so far, and what it comes to. Sums over thousands of matrices and the points of their charts
 * are made here, so that the page's own thread only draws.
 */
export class Overviews {
  private found = new Map<number, MatrixReport>();
  private report: Report | null = null;
  private settings: Settings | null = null;
  /** What there is to be done, once that is known. */
  plan: Omit<Plan, "tensors"> | null = null;
  /** Of the report's matrices, their places in the plan. */
  private places: number[] = [];

  begin(settings: Settings): void {
    this.found = new Map();
    this.report = null;
    this.places = [];
    this.plan = null;
    this.settings = settings;
  }

  take(index: number, matrix: MatrixReport): void {
    this.found.set(index, matrix);
  }

  /**
   * Matrices of the report that are not as they were said before: tied ones. Those that failed are not among them.
   *
   * @param planned names of all matrices, in the order of the plan, which is the report's
   */
  finish(report: Report, planned: readonly string[]): { index: number; matrix: MatrixReport }[] {
    this.report = report;
    let at = -1;
    const last = report.matrices.map((matrix) => {
      at = planned.indexOf(matrix.name, at + 1);
      return { index: at, matrix };
    });
    this.places = last.map(({ index }) => index);
    return last.filter(({ index, matrix }) => JSON.stringify(matrix) !== JSON.stringify(this.found.get(index)));
  }

  /** Matrices that are done, by their places in the plan. */
  private get sorted(): [index: number, matrix: MatrixReport][] {
    return [...this.found].sort(([a], [b]) => a - b);
  }

  /** The report, or as much of it as there is. */
  reportOf(opened: RawCheckpoint): Report {
    const { report, settings, plan } = this;
    if (report) return report;
    if (!settings) throw new Error("nothing was analysed");
    return partialReport(opened, { matrices: this.sorted.map(([, matrix]) => matrix), settings, plan });
  }

  /** @param k the entry of `gaussians` that is shown */
  of({ format, byteLength, tensors }: RawCheckpoint, k: number): Overview {
    const { report, settings, sorted } = this;
    const matrices = report?.matrices ?? sorted.map(([, matrix]) => matrix);
    const layers = report?.layers ?? layersOf(matrices);
    const summary = report?.summary ?? {
      ...summarize(matrices, layers, settings?.gaussians ?? [], 0),
      parameters: tensors.reduce((sum, tensor) => sum + tensor.parameters, 0),
      failed: [],
    };
    const indexOf = (key: number): number => (report ? this.places[key] : sorted[key][0]);
    return {
      of: matrices.length,
      ended: report !== null,
      k,
      norms: banded(layerNorms(layers, null)).series[0],
      summary,
      facts: facts(
        {
          source: report?.source ?? { format, byteLength, matrices: matrices.length },
          // What is derived from all matrices waits for all.
          matrices: report ? matrices : [],
          summary,
        },
        k,
      ),
      heat: signalHeat(matrices),
      charts: overview({ matrices, layers, summary }, k).map((chart) => {
        const shown = banded(chart);
        const series = shown.series.map((one) => ({
          ...one,
          points: one.points.map((point) => (point.key === undefined ? point : { ...point, key: indexOf(point.key) })),
        }));
        return { ...shown, series };
      }),
    };
  }
}

/** A list in parts, each small enough for a message. */
export function inMessages<T>(all: readonly T[], most = A_MESSAGE): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += most) parts.push(all.slice(at, at + most));
  return parts;
}
