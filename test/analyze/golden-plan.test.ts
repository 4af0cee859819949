import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { planAnalysis } from "../../src/index.js";
import type { AnalyzeOptions } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { tensor } from "./models.js";

const golden = new URL("../fixtures/plans.json", import.meta.url);
const record = process.env.WEIGHTSCOPE_RECORD === "1";
const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../${file}`, import.meta.url)));

/** Experts below layers, larger matrices than those whose spectra are all found, a tied head. */
const made = (): Uint8Array =>
  safetensors([
    tensor("model.embed_tokens.weight", [700, 600], 1),
    ...[0, 1, 2, 3, 4, 5].flatMap((layer) => [
      tensor(`model.layers.${layer}.self_attn.q_proj.weight`, [520, 520], layer),
      tensor(`model.layers.${layer}.mlp.experts.up_proj`, [5, 12, 8], layer),
      tensor(`model.layers.${layer}.input_layernorm.weight`, [520], layer),
    ]),
  ]);
const INPUTS: Record<string, () => Uint8Array> = {
  made,
  "the example": () => bytesOf("examples/selftrained-llama-en.bf16.safetensors"),
  "FP8 by blocks": () => bytesOf("test/fixtures/cases/1-fp8-block.safetensors"),
  GPTQ: () => bytesOf("test/fixtures/cases/2-gptq.safetensors"),
  "two stacks": () => bytesOf("test/fixtures/cases/5-two-stacks.safetensors"),
  "Conv1D in GGUF": () => bytesOf("test/fixtures/cases/7-conv1d.gguf"),
};
const OPTIONS: Record<string, AnalyzeOptions> = {
  "by default": {},
  "of everything": { permutations: 20, svd: true, energy: 0.9, singularValues: true, gaussians: ["d/16", 4], seed: 7 },
  "of a sample": { sample: { layers: 2, experts: 2 }, seed: 3 },
};

/** Which tasks there are and their keys; what they take is an estimate, which may become a better one. */
async function planned(input: Uint8Array, options: AnalyzeOptions): Promise<{ tasks: number; sha256: string }> {
  const { schemaVersion, tool, source, options: asked, tasks } = await planAnalysis(input, options);
  const work = tasks.map(({ seconds: _, ...task }) => task);
  const text = JSON.stringify({ schemaVersion, tool, source, options: asked, tasks: work });
  return { tasks: tasks.length, sha256: createHash("sha256").update(text).digest("hex") };
}

/**
 * Journals and queues of other machines, and of yesterday, are found by these keys. They change with the version of the
 * program, and with a change that means to alter figures, which says so: WEIGHTSCOPE_RECORD=1 writes them anew.
 */
describe("a plan", () => {
  it("has the bytes that it had", async () => {
    const found: Record<string, unknown> = {};
    for (const [name, inputOf] of Object.entries(INPUTS)) {
      const input = inputOf();
      for (const [how, options] of Object.entries(OPTIONS)) found[`${name}, ${how}`] = await planned(input, options);
    }
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    const text = `${JSON.stringify({ version, plans: found }, null, 2)}\n`;
    if (record) writeFileSync(golden, text);
    expect(JSON.parse(readFileSync(golden, "utf8"))).toEqual(JSON.parse(text));
  });
});
