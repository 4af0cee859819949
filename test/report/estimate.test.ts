import { describe, expect, it } from "vitest";
import { estimateText } from "../../src/report/estimate.js";
import type { AnalysisEstimate, AnalysisPlan } from "../../src/types.js";

const plan = (given: Partial<AnalysisEstimate>): AnalysisPlan =>
  ({
    source: { name: "model.safetensors", format: "safetensors", byteLength: 10_000 },
    estimate: {
      matrices: 3,
      bytesStored: 8_000,
      bytesRead: 16_000,
      coreSeconds: 10,
      largestSeconds: 4,
      largest: "a.weight",
      leastMemory: 12_345,
      peakMemory: 98_765_432,
      outputBytes: 900,
      workers: 2,
      failed: [],
      ...given,
    },
  }) as AnalysisPlan;

describe("what an analysis would take, in words", () => {
  it.each([
    [0.25, "250 ms"],
    [0.9999, "1000 ms"],
    [1, "1 s"],
    [119, "119 s"],
    [120, "2 min"],
    [7199, "120 min"],
    [7200, "2 h"],
    [360_000, "100 h"],
  ])("%f s are %s", (seconds, words) => {
    expect(estimateText(plan({ coreSeconds: seconds }), 200)).toContain(`About ${words} of one core;`);
  });

  it("names the dearest matrix, and what is read and wanted", () => {
    const text = estimateText(plan({}), 1000);
    expect(text).toContain("model.safetensors: 3 matrices, 8.0 kB stored.");
    expect(text).toContain("the dearest matrix, a.weight, 4 s: at most 2 workers help.");
    expect(text).toContain("Reads about 16.0 kB from a local file, 8.0 kB from a server; at least 12,345 bytes");
    expect(text).toContain("a process of about 98.8 MB with one thread; about 900 bytes of json");
  });

  it("has no dearest of no matrices, and one worker helps", () => {
    const none = estimateText(plan({ matrices: 0, largest: null, coreSeconds: 0 }), 1000);
    expect(none).toContain("0 matrices");
    expect(none).not.toContain("dearest");
    expect(estimateText(plan({ workers: 1, matrices: 1 }), 1000)).toMatch(/1 matrix, [\s\S]*at most 1 worker helps\./);
  });
});
