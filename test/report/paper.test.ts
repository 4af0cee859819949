import { describe, expect, it } from "vitest";
import { paperTables, shapeOfModel } from "../../src/report/html/paper.js";
import { fit, matrix, report } from "./sample.js";

/** The rows that are this model's. */
function own(title: string, ...given: Parameters<typeof report>): string[][] {
  const table = paperTables(report(...given)).find((one) => one.title === title)!;
  return table.rows.filter((row) => row.own).map(({ cells }) => cells.slice(1));
}

describe("the paper's tables, with this model's rows", () => {
  const fits = (eight: number) => [fit({ asked: "8", gaussians: 8, r2: eight })];

  it("fit quality is the mean over matrices of one width, tied ones once, unknown ones never", () => {
    const rows = own("Fit quality against width", [
      matrix("a", 0, { columns: 64, gaussian: fits(0.1) }),
      matrix("b", 0, { columns: 64, gaussian: fits(0.3) }),
      matrix("c", 0, { columns: 64, gaussian: fits(0.9), tiedTo: "a" }),
      matrix("d", 0, { columns: 64, gaussian: [fit({ asked: "8", gaussians: 8, r2: null })] }),
    ]);
    expect(rows).toEqual([["–", "0.200"]]);
  });

  it("the model's width and layers are those of matrices in layers", () => {
    expect(shapeOfModel([])).toBeNull();
    expect(shapeOfModel([matrix("head", null, { columns: 64 })])).toBeNull();
    const layers = [
      matrix("up", 0, { rows: 256, columns: 64, role: "mlp.up" }),
      matrix("down", 1, { rows: 64, columns: 256, role: "mlp.down" }),
      matrix("own", 1, { rows: 64, columns: 64, role: "attention.query" }),
      matrix("head", null, { rows: 256, columns: 256, role: "head" }),
    ];
    expect(shapeOfModel(layers)).toEqual({ width: 64, layers: 2 });
    expect(shapeOfModel([layers[0]])).toEqual({ width: 64, layers: 1 });
  });
});
