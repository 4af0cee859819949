import { writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { AllowedAddresses } from "../../src/distribute/allowed.js";
import { coordinate } from "../../src/distribute/coordinate.js";
import { WorkRunner } from "../../src/distribute/work-runner.js";
import { analyze, analyzePart, mergeReport, planAnalysis } from "../../src/index.js";
import type { AnalyzeOptions, Journal, Report } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { FileServer } from "../checkpoint/server.js";
import { folder, run } from "../cli/run.js";
import { MemoryQueue } from "../distribute/memory-queue.js";
import { tensor } from "./models.js";

const LAYERS = 8;
const EXPERTS = 6;
/** A mixture of experts with an embedding that is its head too. */
const file = safetensors([
  tensor("model.embed_tokens.weight", [60, 16], 1),
  ...Array.from({ length: LAYERS }, (_, layer) => [
    tensor(`model.layers.${layer}.self_attn.q_proj.weight`, [16, 16], 100 + layer),
    ...Array.from({ length: EXPERTS }, (_, e) =>
      tensor(`model.layers.${layer}.mlp.experts.${e}.up_proj.weight`, [24, 16], 1000 + 10 * layer + e, (values) => {
        for (let i = 0; i < values.length; i++) values[i] += ((i * (e + 2)) & 8 ? 1 : -1) * (1 + layer / 8);
      }),
    ),
  ]).flat(),
  tensor("lm_head.weight", [60, 16], 1),
]);
const ALL = 2 + LAYERS * (1 + EXPERTS);
const options: AnalyzeOptions = { energy: 0.9, spectrum: "all" };
const sample = { layers: 4, experts: 3 };

let whole: Report;
let sampled: Report;
beforeAll(async () => {
  whole = await analyze(file, options);
  sampled = await analyze(file, { ...options, sample });
});

function remembered(): Journal {
  const entries = new Map<string, string>();
  return {
    has: (key) => entries.has(key),
    get: async (key) => JSON.parse(entries.get(key) ?? "null"),
    add: async ({ key, figures }) => void entries.set(key, JSON.stringify(figures)),
    close: async () => undefined,
  };
}

describe("a report of a sample", () => {
  it("of everything is the very report", async () => {
    const { options: asked, ...all } = await analyze(file, {
      ...options,
      sample: { layers: LAYERS, experts: EXPERTS },
    });
    expect(asked).toEqual({ ...whole.options, sample: { layers: LAYERS, experts: EXPERTS } });
    const { options: _, ...expected } = whole;
    expect(JSON.stringify(all)).toBe(JSON.stringify(expected));
  });

  it("takes the drawn matrices alone, with the figures that they have", async () => {
    expect(sampled.matrices).toHaveLength(2 + 4 * (1 + 3));
    const plan = await planAnalysis(file, { ...options, sample });
    expect(plan.tasks.map(({ name }) => name)).toEqual(sampled.matrices.map(({ name }) => name));
    expect(plan.options.sample).toEqual(sample);
    expect(plan.estimate.matrices).toBe(sampled.matrices.length);
    for (const { sampleWeight, ...matrix } of sampled.matrices) {
      expect(matrix).toEqual(whole.matrices.find(({ name }) => name === matrix.name));
      expect(sampleWeight).toBe(matrix.layer === null ? 1 : /expert/.test(matrix.name) ? 4 : 2);
    }
    // What it estimates is within some standard errors of the whole; what the header knows is exact.
    const { summary } = sampled;
    const errors = summary.sample!.standardErrors;
    expect(summary.sample).toMatchObject({
      layers: [{ stack: "model.layers", measured: 4, of: LAYERS }],
      experts: { measured: 12, of: 24 },
      matrices: { measured: sampled.matrices.length, of: ALL },
    });
    expect(summary.parameters).toBe(whole.summary.parameters);
    const near = (value: number, expected: number, error: number | null, times = 5): void => {
      expect(error).toBeGreaterThan(0);
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(times * error!);
    };
    const [signal, all] = [summary.signal!, whole.summary.signal!];
    expect(signal).toMatchObject({ counted: 17, matrices: ALL - 1, of: all.of, unsampledRoles: [] });
    expect(signal.standardError).toBe(errors.signal!.directions);
    near(signal.directions, all.directions, signal.standardError);
    near(signal.parameters, all.parameters, errors.signal!.parameters);
    near(signal.energy, all.energy, errors.signal!.energy);
    for (const [k, one] of summary.compression.entries()) {
      const other = whole.summary.compression[k];
      expect(one).toMatchObject({ amplitudes: other.amplitudes, effectiveParameters: other.effectiveParameters });
      expect(one.ratio).toBeCloseTo(other.ratio!, 12);
      expect(errors.compression[k].amplitudes).toBeCloseTo(0, 6);
      near(one.energy!, other.energy!, errors.compression[k].energy);
    }
    const ratio = summary.amplitudeParticipationRatio!;
    near(ratio.mean, whole.summary.amplitudeParticipationRatio!.mean, errors.amplitudeParticipationRatio);
    near(summary.energyTarget!.factors, whole.summary.energyTarget!.factors, errors.energyTarget!.factors);
    expect(summary.energyTarget!.weights).toBe(whole.summary.energyTarget!.weights);
    for (const layer of sampled.layers) {
      const other = whole.layers.find((one) => one.layer === layer.layer)!;
      expect(layer).toMatchObject({ matrices: other.matrices, parameters: other.parameters });
      // Of three experts: an error with two degrees of freedom.
      near(layer.norm, other.norm, layer.normStandardError!, 20);
    }
  });

  it("is the same by any threads, in parts, from a journal, and by a queue", async () => {
    const expected = JSON.stringify(sampled);
    expect(JSON.stringify(await analyze(file, { ...options, sample, threads: 3, memory: 4000 }))).toBe(expected);
    const journal = remembered();
    for (const index of [2, 3, 1]) await analyzePart(file, { index, count: 3 }, { ...options, sample, journal });
    expect(JSON.stringify(await mergeReport(file, { ...options, sample, journal }))).toBe(expected);
    // A wider sample, and the whole, go on with what a narrower one did.
    let added = 0;
    const counting: Journal = {
      ...journal,
      add(one) {
        added++;
        return journal.add(one);
      },
    };
    expect(JSON.stringify(await analyze(file, { ...options, journal: counting }))).toBe(JSON.stringify(whole));
    expect(added).toBe(ALL - sampled.matrices.length);

    const server = new FileServer();
    await server.start();
    server.serve("/model.safetensors", file);
    const address = `${server.origin}/model.safetensors`;
    const queue = new MemoryQueue(new WorkRunner({ allow: new AllowedAddresses([`${server.origin}/`]) }));
    // Also behind a filter, which no job carries; with spectra of a sample.
    for (const asked of [
      { ...options, sample },
      { sample, include: /layers\.[0-5]\./ },
    ]) {
      const { report } = await coordinate(address, { ...asked, carrier: queue, address, jobSeconds: 0.005 });
      expect(JSON.stringify(report)).toBe(JSON.stringify(await analyze(address, asked)));
    }
    await queue.runner.close();
    await server.stop();
  });

  it("refuses what cannot be meant", async () => {
    for (const wrong of [{}, { layers: 0 }, { experts: 1.5 }, { layers: Number.NaN }, { layers: 2, rows: 3 }])
      await expect(analyze(file, { sample: wrong })).rejects.toThrow(RangeError);
    for (const wrong of ["layers=3", 5, null])
      await expect(analyze(file, { sample: wrong as unknown as { layers: number } })).rejects.toThrow(TypeError);
  });
});

describe("analyze --sample", () => {
  let source: string;
  beforeAll(() => {
    source = path.join(folder(), "moe.safetensors");
    writeFileSync(source, file);
  });
  const asked = ["--sample", "layers=4,experts=3", "--energy", "0.9"];

  it("says in every format that its figures are estimates, and of how many", async () => {
    const formats = ["table", "markdown", "csv", "json", "html"];
    const texts = new Map<string, string>();
    for (const format of formats) {
      const { status, stdout, stderr } = await run(["analyze", source, ...asked, "--format", format]);
      expect({ status, stderr }, format).toEqual({ status: 0, stderr: "" });
      texts.set(format, stdout.replace(/\s+/g, " "));
    }
    for (const format of ["table", "markdown", "html"]) {
      const text = texts.get(format)!;
      expect(text, format).toMatch(/About \d[\d,]* ± \d[\d,]* of [\d,]+ directions stand above noise/);
      expect(text, format).toContain(`18 of ${ALL}`);
      expect(text, format).toContain("a sample, 18 of 58 matrices: 4 of 8 layers of");
      expect(text, format).toContain("12 of 24 experts in them; totals, means and shares are estimates");
      expect(text, format).toMatch(/% of the energy/);
    }
    for (const format of ["table", "markdown"]) {
      expect(texts.get(format)).toMatch(/They keep [\d.]+ ± [\d.]+ % of the energy/);
      expect(texts.get(format)).toMatch(/or [\d,]+ ± [\d,]+ numbers as singular vectors/);
      expect(texts.get(format)).toMatch(/over 17 matrices, the mean to 0\.\d+\./);
    }
    const report = JSON.parse(texts.get("json")!) as Report;
    expect(report.options.sample).toEqual(sample);
    expect(report.summary.sample!.standardErrors.signal!.directions).toBeGreaterThan(0);
    expect(texts.get("csv")).toMatch(/,parameters,sampleWeight,/);
    expect((await run(["analyze", source, "--format", "csv"])).stdout).not.toContain("sampleWeight");
  });

  it("goes through --estimate, --journal, --part and merge", async () => {
    const estimate = await run(["analyze", source, ...asked, "--estimate"]);
    expect(estimate.stdout).toContain("18 matrices in the sample");
    const { stdout } = await run(["analyze", source, ...asked, "--format", "json"]);
    const journal = path.join(folder(), "run.jsonl");
    const kept = await run(["analyze", source, ...asked, "--journal", journal, "--format", "json"]);
    expect(kept.stdout).toBe(stdout);
    const parts = [1, 2].map((index) => path.join(folder(), `p${index}.jsonl`));
    for (const [i, part] of parts.entries()) {
      const args = ["analyze", source, ...asked, "--part", `${i + 1}/2`, "--journal", part];
      // The journals are of one set of options: singular values are kept where they are drawn.
      expect((await run([...args, "--format", "json"])).status).toBe(0);
    }
    expect((await run(["merge", source, ...parts, "--format", "json"])).stdout).toBe(stdout);
    expect((await run(["merge", source, parts[0], "--complete", "--format", "json"])).stdout).toBe(stdout);
  });

  it.each(["layers", "layers=", "layers=0", "experts=-1", "rows=3", "layers=2,layers=3", "layers=1.5", ""])(
    "refuses %j on the command line",
    async (value) => {
      const { status, stderr, stdout } = await run(["analyze", source, `--sample=${value}`]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(/--sample takes layers=N, experts=N or both/);
    },
  );
});
