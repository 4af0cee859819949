import { describe, expect, it } from "vitest";
import { compare } from "../../src/index.js";
import type { CompareReport } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { f32, noise } from "../cli/run.js";
import { model, models, plus } from "./models.js";

const inLayers = ({ matrices }: CompareReport): CompareReport["matrices"] =>
  matrices.filter(({ layer }) => layer !== null);

describe("compare", () => {
  it("finds rank 8 above rounding in every matrix that a merged LoRA of rank 8 changed, nothing outside", async () => {
    const report = await compare(models.base, models.lora);
    expect(inLayers(report).map(({ rankAboveRounding }) => rankAboveRounding)).toEqual(Array(28).fill(8));
    expect(report.summary).toMatchObject({
      matrices: 30,
      unchanged: 2,
      smallestRankAboveRounding: 8,
      largestRankAboveRounding: 8,
      others: 9,
      othersChanged: 0,
      shareOutsideMatrices: 0,
    });
    expect(report.summary.relativeChange).toBeCloseTo(0.3544, 4);
    expect(report.adapterRanks.find(({ rank }) => rank === 8)?.energy).toBeCloseTo(0.99995612, 7);
  });

  it("finds a change of many directions in a fine-tune of all weights", async () => {
    const report = await compare(models.base, models.full);
    const ranks = inLayers(report)
      .map(({ energyRanks }) => energyRanks!["0.9"])
      .sort((a, b) => a - b);
    expect([ranks[0], (ranks[13] + ranks[14]) / 2, ranks[27]]).toEqual([10, 22, 37]);
    const energy = (rank: number): number => report.adapterRanks.find((one) => one.rank === rank)!.energy;
    expect(energy(8)).toBeCloseTo(0.6344711, 6);
    expect(energy(32)).toBeCloseTo(0.9214439, 6);
    expect(report.summary).toMatchObject({ unchanged: 0, medianRank90: 22, othersChanged: 9 });
    expect(report.layers).toHaveLength(4);
    expect(report.cells).toHaveLength(28);
    expect(report.roles.map(({ role }) => role).sort()).toEqual([
      "attention.key",
      "attention.output",
      "attention.query",
      "attention.value",
      "embedding",
      "head",
      "mlp.down",
      "mlp.gate",
      "mlp.up",
    ]);
  });

  it("of a base with itself says that nothing changed", async () => {
    const report = await compare(models.base, models.base);
    expect(report.summary).toMatchObject({
      unchanged: 30,
      relativeChange: 0,
      othersChanged: 0,
      largestRankAboveRounding: 0,
    });
    expect(
      report.matrices.every(
        ({ cosine, energyRanks, participation, signal, changed, relativeChange }) =>
          cosine === null &&
          energyRanks === null &&
          participation === null &&
          signal === null &&
          changed === 0 &&
          relativeChange === 0,
      ),
    ).toBe(true);
    expect(report.adapterRanks).toEqual([]);
  });

  it(
    "of a model with its quantisation gives the quantiser's error, in the rows' own order, and no rank above " +
      "rounding to speak of",
    async () => {
      const report = await compare(models.base, models.quantised);
      expect(report.quantisation.map(({ dtype, bits }) => [dtype, bits])).toEqual([
        ["Q4_K", 4.5],
        ["Q6_K", 6.5625],
      ]);
      for (const { error, dtype } of report.quantisation) expect(error).toBeLessThan(dtype === "Q4_K" ? 0.007 : 0.0004);
      expect(report.unmatched).toEqual({ base: [], tuned: [] });
      expect(report.matrices.find(({ name }) => name === "blk.0.attn_q.weight")).toMatchObject({
        baseName: "model.layers.0.self_attn.q_proj.weight",
        rankAboveRounding: 0,
      });
      expect(inLayers(report).every(({ relativeChange }) => relativeChange! < 0.1)).toBe(true);
      expect(report.notes.join()).toContain("rows of 8 query and key matrices");
      expect(report.summary.largestRankAboveRounding).toBeLessThanOrEqual(1);
    },
  );

  it("of a model with itself in f32 finds what rounding to bf16 left, and no rank above it", async () => {
    const { summary } = await compare(models.single, models.base);
    expect(summary.relativeChange).toBeGreaterThan(1e-3);
    expect(summary.largestRankAboveRounding).toBe(0);
  });

  it("gives the same bytes whatever threads and memory", async () => {
    const report = JSON.stringify(await compare(models.base, models.full, { include: /layers\.[01]/ }));
    expect(JSON.stringify(await compare(models.base, models.full, { include: /layers\.[01]/, memory: 300_000 }))).toBe(
      report,
    );
    expect(JSON.stringify(await compare(models.base, models.full, { include: /layers\.[01]/, threads: 3 }))).toBe(
      report,
    );
    expect(JSON.stringify(await compare(models.base, models.full, { include: /layers\.[01]/, seed: 2 }))).not.toBe(
      report,
    );
  });

  it("compares what has another name, and lists what is on one side alone", async () => {
    const report = await compare(model(), model(plus(/up_proj/, 1), { prefix: "", head: 40 }));
    expect(report.matrices.map(({ name, baseName }) => [name, baseName])).toContainEqual([
      "layers.0.mlp.up_proj.weight",
      "model.layers.0.mlp.up_proj.weight",
    ]);
    expect(report.unmatched).toEqual({ base: [], tuned: [] });
    const more = safetensors([
      f32("model.layers.0.mlp.up_proj.weight", [64, 32], noise(2048, 3)),
      f32("adapter.weight", [8, 8], noise(64, 1)),
    ]);
    expect((await compare(model(), more)).unmatched).toEqual({
      base: [
        "model.embed_tokens.weight",
        "model.layers.0.self_attn.q_proj.weight",
        "model.layers.0.mlp.down_proj.weight",
        "model.norm.weight",
      ],
      tuned: ["adapter.weight"],
    });
  });

  it("says that embeddings were enlarged, and does not guess which rows are which", async () => {
    const report = await compare(model(), model(undefined, { prefix: "model.", head: 48 }));
    expect(report.notes).toEqual(["model.embed_tokens.weight is 48 × 32, 40 × 32 in the base: enlarged; not compared"]);
    expect(report.unmatched).toEqual({ base: ["model.embed_tokens.weight"], tuned: ["model.embed_tokens.weight"] });
    expect(report.summary).toMatchObject({ matrices: 3, unchanged: 3 });
  });

  it("says of tied weights when they no longer are", async () => {
    const values = noise(40 * 32, 5);
    const tied = (embedding: Float32Array, head: Float32Array): Uint8Array =>
      safetensors([f32("model.embed_tokens.weight", [40, 32], embedding), f32("lm_head.weight", [40, 32], head)]);
    const report = await compare(tied(values, values), tied(values, plus(/./, 1)("x", values)));
    expect(report.notes).toEqual([
      "lm_head.weight has the norm of model.embed_tokens.weight in the base, as tied weights do, and changed " +
        "in another way: no longer tied",
    ]);
    const together = plus(/./, 1)("x", values);
    expect((await compare(tied(values, values), tied(together, together))).notes).toEqual([
      "lm_head.weight has the norm of model.embed_tokens.weight in the base, as tied weights do",
    ]);
  });

  it("leaves out a matrix with weights that are not finite, and says so", async () => {
    const report = await compare(
      model(),
      model((name, values) =>
        /up_proj/.test(name) ? values.map((x, i) => (i === 77 ? NaN : x)) : plus(/down/, 1)(name, values),
      ),
    );
    expect(report.failed).toEqual([
      { name: "model.layers.0.mlp.up_proj.weight", reason: "weights that are not finite" },
    ]);
    expect(report.summary).toMatchObject({ matrices: 3, unchanged: 2 });
    expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/);
  });
});
