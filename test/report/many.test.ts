import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inspect } from "../../src/analyze/inspect.js";
import { layersOf, summarize } from "../../src/analyze/summary.js";
import { reportCsv, reportCsvPieces } from "../../src/report/csv.js";
import { renderHtml } from "../../src/report/html.js";
import { inspection, inspectionTable } from "../../src/report/inspection.js";
import { jsonPieces, jsonText } from "../../src/report/json.js";
import { painter } from "../../src/report/layout.js";
import { reportMarkdown } from "../../src/report/markdown.js";
import { reportTable } from "../../src/report/table.js";
import type { Checkpoint, MatrixReport } from "../../src/types.js";
import { matrix, report } from "./sample.js";

/** More than a call takes arguments. */
const MANY = 130_000;

it("a header of very many tensors and keys has its table", async () => {
  const numbers = Array.from({ length: MANY }, (_, i) => i);
  const checkpoint = {
    name: "many.safetensors",
    byteLength: 4 * MANY,
    format: "safetensors",
    metadata: Object.fromEntries(numbers.map((i) => [`key${i}`, i])),
    tensors: numbers.map((i) => ({
      name: `t${i}`,
      dtype: "F32",
      shape: [1],
      parameters: 1,
      byteOffset: 4 * i,
      byteLength: 4,
      file: "many.safetensors",
    })),
  } as unknown as Checkpoint;
  expect(
    inspectionTable(inspection(await inspect(checkpoint), false), 80, painter(false)).split("\n").length,
  ).toBeGreaterThan(2 * MANY);
});

describe("a report of very many matrices", () => {
  const shared = matrix("", null);
  const near = { ...shared.participation!, value: 127 };
  const matrices = Array.from(
    { length: MANY },
    (_, i): MatrixReport => ({
      ...shared,
      name: `model.layers.${i >> 10}.mlp.experts.${i & 1023}.up_proj.weight`,
      stack: "model.layers",
      layer: i >> 10,
      // Every hundredth is further from noise.
      participation: i % 100 === 7 ? shared.participation : near,
    }),
  );
  const layers = layersOf(matrices);
  const many = report(matrices, {
    layers,
    summary: { ...summarize(matrices, layers, ["auto", "8"], 0), failed: [] },
  });

  /** Pieces, characters, and the longest of them. */
  const measured = (pieces: Iterable<string>): { count: number; length: number; longest: number } => {
    const sums = { count: 0, length: 0, longest: 0 };
    for (const { length } of pieces) {
      sums.count++;
      sums.length += length;
      sums.longest = Math.max(sums.longest, length);
    }
    return sums;
  };

  it("is written in pieces, all of it in json and csv", () => {
    // A sixth is enough to see that no piece grows with the number.
    const json = measured(jsonPieces({ ...many, matrices: matrices.slice(0, MANY / 6) }));
    expect(json.count).toBeGreaterThan(MANY / 6);
    expect(json.length).toBeGreaterThan((1000 * MANY) / 6);
    expect(json.longest).toBeLessThan(100_000);
    const csv = measured(reportCsvPieces([{ source: "many", report: many }]));
    expect(csv.count).toBe(MANY + 1);
    expect(csv.longest).toBeLessThan(10_000);
  });

  it("shows people some thousand matrices, those furthest from noise, and says how many more there are", () => {
    const table = reportTable(many, { columns: 100, paint: painter(false) });
    const markdown = reportMarkdown([{ source: "many", report: many }]);
    expect(table).toContain(`and ${(MANY - 2000).toLocaleString("en")} more, nearer to noise`);
    expect(markdown).toContain(`and ${(MANY - 2000).toLocaleString("en")} more, nearer to noise`);
    // Fewer than those shown are further from noise than all others: every one of them is there.
    const further = matrices.filter((_, k) => k % 100 === 7);
    expect(further.length).toBeLessThan(2000);
    const names = new Set(markdown.match(/model\.layers\.[\w.]+/g));
    expect(further.filter(({ name }) => !names.has(name))).toEqual([]);
    for (const text of [table, markdown]) expect(text.length).toBeLessThan(2e6);
  });

  it("is a page of less than two megabytes", () => {
    const page = renderHtml(many);
    expect(page.length).toBeLessThan(2e6);
    expect(page).toContain(`and ${(MANY - 500).toLocaleString("en")} more, nearer to noise`);
  });

  it("has the same pieces as text", () => {
    const few = report(matrices.slice(0, 3));
    const all = [few, report([])];
    expect([...jsonPieces(all)].join("")).toBe(jsonText(all));
    expect(jsonText(all)).toBe(`${JSON.stringify(all, null, 2)}\n`);
    const sourced = [{ source: "few", report: few }];
    expect([...reportCsvPieces(sourced)].join("")).toBe(reportCsv(sourced));
  });
});

it("json in pieces is what JSON.stringify gives, whatever the value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const given = [value, { a: value, "\n": undefined, b: [undefined, value] }];
      expect(JSON.parse(jsonText(given))).toEqual(JSON.parse(JSON.stringify(given)));
      const plain = JSON.stringify(given, null, 2);
      if (!/[\u007f-\uffff]/.test(plain)) expect(jsonText(given)).toBe(`${plain}\n`);
    }),
  );
});
