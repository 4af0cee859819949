import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { compress } from "../../src/compress/compress.js";
import type { CompressOptions } from "../../src/compress/contract.js";
import { readImportance } from "../../src/compress/imatrix.js";
import { restore } from "../../src/compress/restore.js";
import { taken } from "./files.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const model = path.join(root, "examples/selftrained-llama-en.bf16.safetensors");
const script = path.join(root, "examples/evaluate/importance.mjs");
const folder = mkdtempSync(path.join(tmpdir(), "weightscope-importance-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("examples/evaluate/importance.mjs", () => {
  const file = path.join(folder, "importance.dat");
  const made = execFileSync(process.execPath, [script, model, file, "--every", "8"], { encoding: "utf8" });

  it("is an imatrix of all matrices that a text meets: squares of normalised rows are the norm's own", async () => {
    expect(made).toBe("29 matrices, 32 windows of 128 bytes\n");
    const importance = await readImportance(readFileSync(file), "importance.dat");
    expect(importance.size).toBe(29);
    const checkpoint = await openCheckpoint(model);
    for (const layer of [0, 3]) {
      const name = `model.layers.${layer}.input_layernorm.weight`;
      const norm = await checkpoint.readRows(checkpoint.tensors.find((one) => one.name === name)!, 0, 1);
      const met = importance.get(`model.layers.${layer}.self_attn.q_proj.weight`)!;
      // Each row over its weights has a mean square of 1.
      const mean = met.reduce((sum, square, j) => sum + square / norm[j] ** 2, 0) / norm.length;
      expect(mean).toBeCloseTo(1, 2);
    }
    await checkpoint.close();
  });

  it("keeps more of the function than the same bits without it", async () => {
    const importance = await readImportance(readFileSync(file), "importance.dat");
    const loss = async (options: CompressOptions): Promise<number> => {
      const { files } = await taken(compress(model, { keep: { budget: 0.25 }, ...options }));
      const restored = path.join(folder, "restored.safetensors");
      writeFileSync(restored, (await taken(restore(files[0].bytes))).files[0].bytes);
      const evaluate = path.join(root, "examples/evaluate/evaluate.mjs");
      const given = [evaluate, restored, "--every", "64", "--print", "loss"];
      return Number(execFileSync(process.execPath, given, { encoding: "utf8" }));
    };
    expect(await loss({ importance })).toBeLessThan((await loss({})) - 0.05);
  });

  it("says what it needs", () => {
    const { status, stderr } = spawnSync(process.execPath, [script, model], { encoding: "utf8" });
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^importance: FILE and OUTPUT; usage: /)]);
  });
});
