import { printable } from "../base/printable.js";
import type { Report } from "../types.js";
import { downloadOf } from "./downloads.js";
import { CHARTS } from "./element-charts.js";
import type { WeightScopeFile } from "./element-types.js";
import type { Figure } from "./figure.js";

/** A file of what the element shows, loaded when one is first asked for. @throws RangeError for an unknown chart */
export async function fileOf(
  kind: WeightScopeFile,
  report: Report,
  figures: readonly Figure[],
  chart = CHARTS[0],
): Promise<Blob> {
  if (kind !== "svg" && kind !== "png") {
    const [{ text, type }] = await downloadOf(kind, report, []);
    return new Blob([text], { type });
  }
  const figure = figures[CHARTS.indexOf(chart)];
  const file = kind === "svg" ? figure?.svgFile() : await figure?.pngFile();
  if (!file)
    throw new RangeError(`${printable(chart, 40)}: no chart of this name is shown; ${CHARTS.join(", ")} are known`);
  return new Blob([file.text], { type: file.type });
}
