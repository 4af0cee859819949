import { beforeAll, describe, expect, it } from "vitest";
import { compare } from "../../src/index.js";
import { adapterAnswer, changeAnswer } from "../../src/report/compare/answer.js";
import { compareHtml } from "../../src/report/compare/html.js";
import { compareTable } from "../../src/report/compare/table.js";
import { compareCsv, compareMarkdown } from "../../src/report/compare/text.js";
import { widthOf } from "../../src/report/format.js";
import type { CompareReport } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { f32, noise } from "../cli/run.js";
import { models } from "../compare/models.js";

const summary: CompareReport["summary"] = {
  matrices: 30,
  unchanged: 2,
  relativeChange: 0.35437,
  medianRank90: 4,
  smallestRank90: 1,
  largestRank90: 5,
  smallestRankAboveRounding: 8,
  largestRankAboveRounding: 8,
  others: 9,
  othersChanged: 0,
  shareOutsideMatrices: 0,
};
const answer = (changed: Partial<typeof summary>): string => changeAnswer({ summary: { ...summary, ...changed } });

describe("the answer", () => {
  it("says what changed in one sentence", () => {
    expect(answer({})).toBe("A change of rank 8 in 28 of 30 matrices; 0.354 of their norm; nothing outside them.");
    expect(
      answer({
        unchanged: 0,
        smallestRankAboveRounding: 58,
        largestRankAboveRounding: 256,
        medianRank90: 22.5,
        smallestRank90: 4,
        largestRank90: 37,
        othersChanged: 9,
        shareOutsideMatrices: 0.0011,
      }),
    ).toBe(
      "A change of rank 58 to 256 in all 30 matrices; 0.354 of their norm; 22.50 directions hold 90 % of it in " +
        "the median matrix (4 to 37); 0.11 % of it outside them.",
    );
    expect(answer({ unchanged: 30, relativeChange: 0 })).toBe(
      "Nothing changed: 30 matrices and 9 other tensors are the same on both sides.",
    );
    expect(answer({ matrices: 1, unchanged: 1, others: 0 })).toBe(
      "Nothing changed: 1 matrix is the same on both sides.",
    );
    expect(answer({ unchanged: 30, othersChanged: 1 })).toBe("No matrix changed of 30; 1 of 9 other tensors did.");
    expect(answer({ smallestRankAboveRounding: 0, largestRankAboveRounding: 0 })).toMatch(
      /^A change within rounding in 28 of 30 matrices;/,
    );
    expect(answer({ smallestRankAboveRounding: 0, largestRankAboveRounding: 2 })).toMatch(
      /^A change of rank 2 at most in 28/,
    );
    expect(answer({ matrices: 1, unchanged: 0 })).toMatch(/in the one matrix; 0.354 of its norm/);
  });

  it("says what an adapter holds and leaves out", () => {
    const adapter = {
      rank: 8,
      factors: "bf16" as const,
      modules: 28,
      parameters: 131072,
      bytes: 270_000,
      energy: 0.6344,
      held: 0.57,
      saved: [],
      leftOut: [
        { name: "model.norm.weight", share: 0.001 },
        { name: "lm_head.weight", share: 0.1 },
      ],
    };
    expect(adapterAnswer(adapter)).toBe(
      "The adapter of rank 8 holds 63.4 % of the change of its 28 matrices in 131,072 numbers (270 kB); left " +
        "out are 2 tensors, most of it lm_head.weight with 10.0 % of all that changed. Of all that changed 57.0 " +
        "% is held.",
    );
    expect(adapterAnswer({ ...adapter, saved: ["a", "b"], leftOut: [], held: 1 })).toBe(
      "The adapter of rank 8 holds 63.4 % of the change of its 28 matrices in 131,072 numbers (270 kB); 2 " +
        "tensors are saved whole beside it. Of all that changed 100 % is held.",
    );
  });
});

describe("a report of two checkpoints", () => {
  let report: CompareReport;
  beforeAll(async () => {
    report = await compare(models.base, models.full);
  });
  const plain = { paint: (_: unknown, text: string) => text };

  it("begins with the answer in text, and keeps to the width", () => {
    for (const columns of [40, 80, 120]) {
      const lines = compareTable(report, { columns, ...plain }).split("\n");
      expect(lines.join(" ")).toMatch(/^A change of rank 58 to 256 in all 30\s+matrices;/);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
    expect(compareMarkdown(report)).toMatch(/^A change of rank 58 to 256 in all 30 matrices;/);
  });

  it("shows layers by roles with a block for the largest change, and ranks of adapters", () => {
    const text = compareTable(report, { columns: 100, ...plain });
    expect(text).toMatch(/layer +query +key +value +output +gate +up +down/);
    expect(text).toMatch(/0\.15 ██/);
    expect(text).toMatch(/\n8 +63\.4 +131,072\n/);
  });

  it("has one row a matrix in csv, in the report's own digits", () => {
    const [head, ...rows] = compareCsv(report)
      .trimEnd()
      .split("\r\n")
      .map((line) => line.split(","));
    expect(rows).toHaveLength(30);
    expect(rows[5][head.indexOf("relativeChange")]).toBe(String(report.matrices[5].relativeChange));
    expect(rows[5][head.indexOf("rank90")]).toBe(String(report.matrices[5].energyRanks?.["0.9"]));
  });

  it("is a page without script, with the heat map", () => {
    const page = compareHtml(report);
    expect(page).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
    expect(page).not.toMatch(/<script|https?:/);
    expect(page).toContain('style="--heat:1.000"');
    expect(page.match(/--heat:/g)!.length).toBeGreaterThanOrEqual(28);
  });

  it("makes hostile names harmless everywhere", async () => {
    const name = 'model.layers.0.mlp.<script>alert(1)</script>\u001b[31m"|`=1';
    const file = (by: number): Uint8Array =>
      safetensors([
        f32(
          name,
          [8, 8],
          noise(64, 3).map((x) => x + by),
        ),
      ]);
    const hostile = await compare(file(0), file(1));
    for (const text of [
      compareTable(hostile, { columns: 200, ...plain }),
      compareMarkdown(hostile),
      compareCsv(hostile),
      compareHtml(hostile),
    ])
      expect(text).not.toContain("\u001b");
    expect(compareHtml(hostile)).not.toContain("<script");
    expect(compareMarkdown(hostile)).not.toContain("<script");
  });
});
