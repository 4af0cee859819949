import { beforeAll, describe, expect, it } from "vitest";
import { signalHeat, signalHeatTable } from "../../src/report/html/heat.js";
import { markupText } from "../../src/report/html/markup.js";
import type { MatrixReport } from "../../src/types.js";
import { modelFile, report } from "./report.js";

describe("the map of signal by layer and role", () => {
  let matrices: MatrixReport[];
  beforeAll(async () => {
    ({ matrices } = await report({ gaussians: [4], permutations: 0 }, modelFile(12)));
  });

  it("adds up to the matrices' own directions, layers in their order", () => {
    const { rows, roles, more } = signalHeat([...matrices].reverse());
    expect(rows.map(({ heading }) => heading)).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
    expect(roles).toEqual(["attention.query", "attention.key", "mlp.up"]);
    expect(more).toBe(0);
    const inside = matrices.filter(({ layer }) => layer !== null);
    const cells = rows.flatMap((row) => row.cells);
    expect(cells.reduce((sum, cell) => sum + cell!.directions, 0)).toBe(
      inside.reduce((sum, { spectrum }) => sum + spectrum!.signal.directions, 0),
    );
    expect(cells.reduce((sum, cell) => sum + cell!.of, 0)).toBe(12 * 3 * 32);
  });

  it("is a table with a cell for each, none for a model without layers", () => {
    const text = markupText(signalHeatTable(signalHeat(matrices))!);
    const heats = [...text.matchAll(/--heat:([\d.]+)/g)].map(([, heat]) => Number(heat));
    expect(heats).toHaveLength(36);
    expect(Math.max(...heats)).toBeLessThanOrEqual(1);
    const shares = [...text.matchAll(/<td[^>]*>([\d.]+)<\/td>/g)].map(([, share]) => Number(share));
    const most = Number(/full colour at ([\d.]+)/.exec(text)![1]);
    heats.forEach((heat, i) => expect(heat * most).toBeCloseTo(shares[i], 2));
    expect(signalHeatTable(signalHeat(matrices.filter(({ layer }) => layer === null)))).toBeNull();
  });

  it("does not glow where hardly any direction is above noise", () => {
    const cell = { directions: 1, of: 100 };
    const text = markupText(signalHeatTable({ roles: ["mlp.up"], rows: [{ heading: "0", cells: [cell] }], more: 0 })!);
    expect(text).toContain("--heat:0.100");
    expect(text).toContain("full colour at 0.100");
  });

  it("ends after 200 layers, and says so", () => {
    const many = Array.from({ length: 230 }, (_, layer) => ({ ...matrices[1], layer }));
    const heat = signalHeat(many);
    expect(heat.rows).toHaveLength(200);
    expect(markupText(signalHeatTable(heat)!)).toContain("30 more layers are in the table of matrices");
  });
});
