import { describe, expect, it } from "vitest";
import { type SweepReport, type SweepRow, sweepParts } from "../../src/compress/sweep.js";
import { sweepChart, sweepHtml } from "../../src/report/html/sweep.js";
import { painter } from "../../src/report/layout.js";
import { sweepAnswer, sweepCsv, sweepMarkdown, sweepTable } from "../../src/report/sweep.js";

const row = (over: Partial<SweepRow>): SweepRow => ({
  part: null,
  method: "singular",
  asked: "1/4",
  weights: 2_359_296,
  numbers: 582_656,
  bits: 9_322_496,
  bitsOfSource: 37_748_736,
  energy: 0.84897,
  value: 1.7187,
  ...over,
});

const asItIs = row({
  method: "none",
  asked: "",
  numbers: 2_509_056,
  weights: 2_509_056,
  bits: 40_144_896,
  bitsOfSource: 40_144_896,
  energy: 1,
  value: 1.5246,
});
const report: SweepReport = {
  schemaVersion: 1,
  source: { name: "model.safetensors", format: "safetensors", byteLength: 5_022_280 },
  options: {},
  command: "evaluate {}",
  parts: [{ part: null, names: ["a", "b"], weights: 2_359_296, norm: null, signal: null }],
  rows: [
    asItIs,
    row({}),
    row({ asked: "1/2", numbers: 1_174_528, bits: 18_792_448, energy: 0.923808, value: null }),
    row({ method: "rounding", asked: "4 bits", numbers: 2_359_296, bits: 10_616_832, energy: 0.9924, value: 1.5259 }),
  ],
};
const byLayer: SweepReport = {
  ...report,
  parts: [
    { part: "layer 0", names: ["a"], weights: 10, norm: 22.43, signal: { directions: 120, of: 1536 } },
    { part: "layer 1", names: ["b"], weights: 10, norm: 27.09, signal: null },
  ],
  rows: [asItIs, row({ part: "layer 0", value: 1.6 }), row({ part: "layer 1", value: 1.55 })],
};

describe("a sweep's report", () => {
  it("answers in its first line", () => {
    expect(sweepAnswer(report)).toBe(
      "model.safetensors: 1.5246 as it is, 1.7187 at 3.95 bits (singular, 1/4), " +
        "1.5259 at 4.50 bits (rounding, 4 bits).",
    );
    expect(sweepAnswer(byLayer)).toContain("1.6000 at 3.95 bits (layer 0, singular, 1/4)");
  });

  it("as a table within 80 columns", () => {
    for (const one of [report, byLayer]) {
      const text = sweepTable(one, 80, painter(false));
      for (const line of text.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(80);
    }
    const text = sweepTable(report, 80, painter(false));
    expect(text).toMatch(/^singular, 1\/4 +582,656 +3\.95 +24\.7 +84\.9 +1\.7187$/m);
    expect(text).toMatch(/^singular, 1\/2 .* failed$/m);
    expect(text).toMatch(/^Replaced: 2 matrices of 2,359,296 weights; all else stays as it is\.$/m);
    expect(sweepTable(byLayer, 80, painter(false))).toMatch(/^layer 0 +22\.43 +120\/1,536 +singular, 1\/4 /m);
  });

  it("as csv, the numbers whole, formulas and failures harmless", () => {
    const lines = sweepCsv({ ...report, source: { ...report.source, name: "=cmd" } }).split("\r\n");
    expect(lines[0]).toBe("source,method,weights,kept,numbers,bits,bitsOfSource,energy,value");
    expect(lines[2]).toBe('"\'=cmd",singular,2359296,1/4,582656,9322496,37748736,0.84897,1.7187');
    expect(lines[3]).toMatch(/,0\.923808,$/);
    expect(sweepCsv(byLayer).split("\r\n")[1]).toBe(
      "model.safetensors,none,2509056,,,,,2509056,40144896,40144896,1,1.5246",
    );
  });

  it("as markdown", () => {
    const text = sweepMarkdown({ ...report, command: "run | {} <b>" });
    expect(text).toContain("| singular, 1/4 | 582,656 | 3.95 | 24.7 | 84.9 | 1.7187 |");
    expect(text).toContain("Value: run &#124; {} &#60;b&#62;");
  });

  it("as a page: a line a method, the checkpoint as it is, no script, every name escaped", () => {
    const chart = sweepChart(report);
    expect(chart.series.map(({ name, points }) => [name, points.length])).toEqual([
      ["singular vectors", 1],
      ["rounding, blocks of 32", 1],
      ["as it is", 2],
    ]);
    expect(chart.series[0].points[0]).toMatchObject({ x: 9_322_496 / 2_359_296, y: 1.7187 });
    const html = sweepHtml({ ...byLayer, source: { ...report.source, name: "<script>x</script>" } });
    expect(html).not.toMatch(/<script/i);
    expect(html).toContain("&lt;script&gt;x&lt;/script&gt;");
    expect(html).toContain("layer 1");
    expect(html).toMatch(/<svg[\s\S]+<\/svg>/);
  });

  it("of nothing but failures, and of nothing", () => {
    const failed = { ...report, rows: report.rows.map((one) => ({ ...one, value: null })) };
    expect(sweepAnswer(failed)).toBe("model.safetensors: not known as it is.");
    expect(sweepHtml({ ...report, rows: [] })).toContain("<svg");
    expect(sweepTable({ ...report, rows: [] }, 80, painter(false))).toContain("not known as it is");
  });
});

describe("sweepParts", () => {
  const matrix = (name: string, over: object) => ({
    name,
    layer: 0,
    role: "mlp.up",
    tiedTo: null,
    rows: 4,
    columns: 6,
    parameters: 24,
    norms: { norm: 3, nonFinite: 0 },
    ...over,
  });
  const matrices = [
    matrix("a", { spectrum: { signal: { directions: 2 } } }),
    matrix("b", { role: "mlp.down", norms: { norm: 4, nonFinite: 0 }, spectrum: { signal: { directions: 1 } } }),
    matrix("c", { layer: 1 }),
    matrix("head", { layer: null, role: null }),
    matrix("tied", { tiedTo: "a" }),
    matrix("bad", { norms: { norm: 1, nonFinite: 2 } }),
  ] as Parameters<typeof sweepParts>[0];

  it("by layer: what is in none stays out; norms and signal together", () => {
    expect(sweepParts(matrices, "layer")).toEqual([
      { part: "layer 0", names: ["a", "b"], weights: 48, norm: 5, signal: { directions: 3, of: 8 } },
      { part: "layer 1", names: ["c"], weights: 24, norm: 3, signal: null },
    ]);
  });

  it("by role", () => {
    expect(sweepParts(matrices, "role").map(({ part, names }) => [part, names])).toEqual([
      ["mlp.up", ["a", "c"]],
      ["mlp.down", ["b"]],
      ["other", ["head"]],
    ]);
  });
});
