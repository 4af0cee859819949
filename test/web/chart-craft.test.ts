import { beforeAll, describe, expect, it } from "vitest";
import type { Chart } from "../../src/report/html/chart-types.js";
import { markupText } from "../../src/report/html/markup.js";
import { spectrumOfMatrix } from "../../src/report/html/spectrum-chart.js";
import { compressionTable } from "../../src/report/html/tables.js";
import { energyOfMatrix, energyPooled, overview, participationByLayer } from "../../src/report/html/views.js";
import { renderHtml } from "../../src/report/html.js";
import type { Report } from "../../src/types.js";
import { singularChart } from "../../src/web/matrix-charts.js";
import { report } from "./report.js";

describe("charts and tables of figures", () => {
  let made: Report;
  beforeAll(async () => {
    // All matrices have 32 columns: 4 = d/8 and 8 = auto = d/4.
    made = await report({ gaussians: [4, "d/8", 8, "auto", "d/4"], singularValues: true });
  });

  it("show a K once, in however many ways it was asked for", () => {
    const across = ({ series }: Chart): number[][] => series.map(({ points }) => points.map(({ x }) => x));
    const [matrix] = made.matrices;
    expect(matrix.gaussian.map(({ gaussians }) => gaussians)).toEqual([4, 4, 8, 8, 8]);
    for (const one of [...across(energyOfMatrix(matrix)), ...across(energyPooled(made.matrices))])
      expect(one).toEqual([...new Set(one)]);
    expect(across(energyPooled(made.matrices)).at(-1)).toEqual([0.125, 0.25]);
    const rows = [...markupText(compressionTable(made.summary)).matchAll(/<th scope="row">(.*?)<\/th>/g)];
    expect(rows.map(([, name]) => name)).toEqual(["4, d/8", "8, auto, d/4"]);
    const titles = [...renderHtml(made).matchAll(/<caption>(Matrices, K[^<]*)/g)].map(([, title]) => title);
    expect(titles).toEqual(["Matrices, K = 4, d/8", "Matrices, K = 8, auto, d/4"]);
  });

  it("have singular values on a logarithmic axis, and their bounds called bounds", () => {
    expect(spectrumOfMatrix(made.matrices[1])!.y.scale).toBe("log");
    const values = Float64Array.of(3, 1);
    const chart = singularChart({ values, residuals: Float64Array.of(0.1, 0.2), converged: true });
    expect(chart.y.scale).toBe("log");
    expect(chart.description).toMatch(/bounds \(residuals\), not deviations/);
    expect(chart.series[0].interval).toBe("bounds (residuals)");
  });

  it("say what every whisker is", () => {
    const charts = [...overview(made, 0), energyOfMatrix(made.matrices[1])];
    expect(participationByLayer(made.matrices).description).toMatch(/whiskers are certified bounds/);
    for (const { series } of charts)
      for (const { points, mark, name, interval } of series)
        if (points.some(({ low }) => low !== undefined))
          expect(mark === "band" ? /± 3 σ$/.test(name) : interval !== undefined, name).toBe(true);
  });
});
