import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { inspect } from "../../src/analyze/inspect.js";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import type { MatrixReport, Report } from "../../src/types.js";

/** Inputs that public bug reports describe, with the right values of test/fixtures/cases/expected.json. */
const folder = new URL("../fixtures/cases/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8"));
const figures = (name: string, options = {}): Promise<Report> =>
  analyze(new URL(name, folder), { gaussians: [8], ...options });
const whole = (report: Report): Record<string, MatrixReport> =>
  Object.fromEntries(report.matrices.map((matrix) => [matrix.name.replace(/\.weight$/, ""), matrix]));

describe("one weight in several tensors", () => {
  it("FP8 in blocks: weights, not codes", async () => {
    const { weights, matrices, layer_norms, truth } = expected["1-fp8-block.safetensors"];
    const report = await figures("1-fp8-block.safetensors");
    expect(report.source.parameters).toBe(weights);
    expect(report.summary.parameters).toBe(weights);
    expect(report.matrices.length).toBe(matrices);
    expect(report.layers.map(({ norm }) => norm / layer_norms.shift())).toEqual([
      expect.closeTo(1, 6),
      expect.closeTo(1, 6),
    ]);
    for (const [name, { norm, participation }] of Object.entries<Record<string, number>>(truth)) {
      const matrix = whole(report)[name];
      expect(matrix.norms.norm / norm).toBeCloseTo(1, 6);
      expect(matrix.participation!.value / participation).toBeCloseTo(1, 6);
      expect(matrix.dtype).toBe("FP8 128×128");
    }
    expect(report.source.skipped.map(({ reason }) => reason)).toEqual(
      [0, 1].map(() => "companion of a weight (FP8 128×128)"),
    );
  });

  it("GPTQ with g_idx: its own shape, norm and participation", async () => {
    const { weights, truth } = expected["2-gptq.safetensors"];
    const report = await figures("2-gptq.safetensors");
    expect(report.source.parameters).toBe(weights);
    expect(report.summary.parameters).toBe(weights);
    expect(Object.keys(whole(report)).sort()).toEqual(["model.embed_tokens", ...Object.keys(truth)].sort());
    for (const [name, { shape, norm, participation }] of Object.entries<{
      shape: number[];
      norm: number;
      participation: number;
    }>(truth)) {
      const matrix = whole(report)[name];
      expect([matrix.shape, matrix.rows, matrix.columns, matrix.dtype]).toEqual([shape, ...shape, "GPTQ-4"]);
      expect(matrix.norms.norm / norm).toBeCloseTo(1, 5);
      expect(matrix.participation!.value / participation).toBeCloseTo(1, 5);
    }
  });

  it("the same bits whatever the threads and the memory", async () => {
    for (const name of ["1-fp8-block.safetensors", "2-gptq.safetensors"]) {
      const one = JSON.stringify(await figures(name));
      expect(JSON.stringify(await figures(name, { memory: 80_000 }))).toBe(one);
      expect(JSON.stringify(await figures(name, { threads: 2 }))).toBe(one);
    }
  });
});

describe("what is no parameter", () => {
  it("a causal mask is a buffer", async () => {
    const { weights, matrices, layer_norms, decrease } = expected["3-gpt2-mask.safetensors"];
    const report = await figures("3-gpt2-mask.safetensors");
    expect(report.source.parameters).toBe(weights);
    expect(report.summary.parameters).toBe(weights);
    expect(report.matrices.length).toBe(matrices);
    report.layers.forEach(({ norm }, i) => expect(norm / layer_norms[i]).toBeCloseTo(1, 6));
    expect(report.summary.normsDecreaseWithDepth).toBe(decrease);
    expect(report.source.skipped.filter(({ reason }) => reason === "a causal mask").length).toBe(3);
  });
});

describe("shapes", () => {
  it("a patch embedding is one matrix", async () => {
    const { matrices, rows, columns, norm, participation } = expected["4-patch32.safetensors"];
    const report = await figures("4-patch32.safetensors");
    const [matrix] = report.matrices;
    expect([report.matrices.length, matrix.rows, matrix.columns]).toEqual([matrices, rows, columns]);
    expect(matrix.norms.norm / norm).toBeCloseTo(1, 6);
    expect(matrix.participation!.value / participation).toBeCloseTo(1, 6);
  });

  it("GPT-2's Conv1D is turned, and said to be: the same figures as the GGUF of the same weights", async () => {
    const turned = await figures("7-conv1d.safetensors");
    const gguf = await figures("7-conv1d.gguf");
    const bare = ({ rows, columns, norms, participation, gaussian }: MatrixReport): unknown => ({
      rows,
      columns,
      norm: norms.norm,
      value: participation!.value,
      gaussian,
    });
    const bySize = (report: Report): unknown[] =>
      [...report.matrices].sort((a, b) => a.parameters - b.parameters).map(bare);
    expect(bySize(turned)).toEqual(bySize(gguf));
    expect(turned.source.notes).toEqual([
      "2 matrices are stored inputs × outputs and turned, as GPT-2's Conv1D (c_fc is 64 × 256) shows; " +
        "--transpose none leaves them as stored",
    ]);
    const stored = await figures("7-conv1d.safetensors", { transpose: "none" });
    expect(stored.matrices.map(({ rows, columns }) => [rows, columns])).toEqual([
      [64, 256],
      [64, 192],
    ]);
    expect(stored.source.notes).toEqual([]);
    const one = await figures("7-conv1d.safetensors", { transpose: /c_attn/ });
    expect(one.matrices.map(({ rows, columns }) => [rows, columns])).toEqual([
      [64, 256],
      [192, 64],
    ]);
  });
});

describe("several stacks", () => {
  it("have rows, and a verdict of their norms, each for itself", async () => {
    const { layer_norms, decrease } = expected["5-two-stacks.safetensors"];
    const report = await figures("5-two-stacks.safetensors");
    expect(report.layers.length).toBe(6);
    for (const [stack, norms] of Object.entries<number[]>(layer_norms)) {
      const rows = report.layers.filter((row) => row.stack === stack);
      rows.forEach(({ norm }, i) => expect(norm / norms[i]).toBeCloseTo(1, 6));
      expect(rows.length).toBe(norms.length);
      expect(report.summary.stacks.find((one) => one.stack === stack)!.normsDecreaseWithDepth).toBe(decrease[stack]);
    }
  });
});

describe("inspect", () => {
  it("shows matrices whole with the tensors they are read from, and buffers beside them", async () => {
    const checkpoint = await openCheckpoint(new URL("2-gptq.safetensors", folder));
    const { weights, matrices, tensors } = await inspect(checkpoint);
    await checkpoint.close();
    const name = "model.layers.0.self_attn.q_proj";
    expect([weights, tensors.length, matrices.length]).toEqual([118784, 17, 5]);
    const found = matrices.find((one) => one.name === `${name}.weight`)!;
    expect([found.dtype, found.shape, found.tensors[0]]).toEqual(["GPTQ-4", [128, 128], `${name}.qweight`]);
    expect(found.tensors.slice(1).sort()).toEqual([`${name}.g_idx`, `${name}.qzeros`, `${name}.scales`]);
    const masked = await openCheckpoint(new URL("3-gpt2-mask.safetensors", folder));
    expect((await inspect(masked)).buffers).toEqual(
      [0, 1, 2].map((layer) => ({ name: `h.${layer}.attn.bias`, reason: "a causal mask" })),
    );
    await masked.close();
  });
});
