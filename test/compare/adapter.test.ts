import { describe, expect, it } from "vitest";
import { extractAdapter, openCheckpoint } from "../../src/index.js";
import type { AdapterOptions, Checkpoint, CheckpointInput, CompareReport } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { f32, noise } from "../cli/run.js";
import { models } from "./models.js";

interface Extracted {
  config: Record<string, unknown>;
  adapter: Checkpoint;
  bytes: number;
  report: CompareReport;
}

async function extract(
  base: CheckpointInput,
  tuned: CheckpointInput,
  options: AdapterOptions = {},
): Promise<Extracted> {
  const { files, report } = extractAdapter(base, tuned, options);
  const found: Record<string, Uint8Array> = {};
  for await (const { name, bytes } of files)
    found[name] = new Uint8Array(await new Response(bytes as never).arrayBuffer());
  expect(Object.keys(found)).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  return {
    config: JSON.parse(new TextDecoder().decode(found["adapter_config.json"])),
    adapter: await openCheckpoint(found["adapter_model.safetensors"]),
    bytes: found["adapter_model.safetensors"].length,
    report: await report,
  };
}

async function whole(checkpoint: Checkpoint, name: string): Promise<Float32Array> {
  const tensor = checkpoint.tensors.find((one) => one.name === name)!;
  return checkpoint.readRows(tensor, 0, tensor.shape.length < 2 ? 1 : tensor.shape[0]);
}

/** ‖ΔW − BA‖² and ‖ΔW‖² of a module, the factors multiplied plainly. */
async function leftOf(
  adapter: Checkpoint,
  base: Checkpoint,
  tuned: Checkpoint,
  module: string,
): Promise<[number, number]> {
  const [a, b, w, v] = await Promise.all([
    whole(adapter, `base_model.model.${module}.lora_A.weight`),
    whole(adapter, `base_model.model.${module}.lora_B.weight`),
    whole(base, `${module}.weight`),
    whole(tuned, `${module}.weight`),
  ]);
  const [rows, columns] = base.tensors.find(({ name }) => name === `${module}.weight`)!.shape;
  const rank = a.length / columns;
  let left = 0;
  let all = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += b[i * rank + k] * a[k * columns + j];
      const change = v[i * columns + j] - w[i * columns + j];
      left += (change - sum) ** 2;
      all += change ** 2;
    }
  }
  return [left, all];
}

/** A small model, some of whose tensors are changed. */
function model(changed?: RegExp, names = { mlp: "mlp.up_proj.weight" }): Uint8Array {
  const tensors: [string, number[]][] = [
    ["model.embed_tokens.weight", [40, 16]],
    ["model.layers.0.self_attn.q_proj.weight", [16, 16]],
    ["model.layers.0.self_attn.q_proj.bias", [16]],
    [`model.layers.0.${names.mlp}`, [24, 16]],
    ["model.layers.1.self_attn.q_proj.weight", [16, 16]],
    ["model.norm.weight", [16]],
    ["model.norm.bias", [16]],
  ];
  return safetensors(
    tensors.map(([name, shape], i) => {
      const values = noise(
        shape.reduce((a, b) => a * b, 1),
        i + 1,
      );
      return f32(name, shape, changed?.test(name) ? values.map((x, k) => x + (k % 5 === 0 ? 0.5 : 0)) : values);
    }),
  );
}

describe("extractAdapter", () => {
  it("of a merged LoRA of rank 8 finds an adapter of rank 8 that gives the change back", async () => {
    const { config, adapter, report, bytes } = await extract(models.base, models.lora, { include: /layers\.0\./ });
    expect(config).toMatchObject({ peft_type: "LORA", r: 8, lora_alpha: 8, rank_pattern: {}, alpha_pattern: {} });
    expect(config).toMatchObject({ fan_in_fan_out: false, modules_to_save: null });
    // Of the names' other layers there are modules that are not adapted: whole paths alone are exact.
    expect(config.target_modules).toContain("model.layers.0.self_attn.q_proj");
    expect(config.target_modules).toHaveLength(7);
    expect(adapter.tensors.every(({ dtype }) => dtype === "BF16")).toBe(true);
    expect(report.adapter).toMatchObject({ rank: 8, modules: 7, parameters: 32768, bytes, saved: [], leftOut: [] });
    const [base, tuned] = await Promise.all([openCheckpoint(models.base), openCheckpoint(models.lora)]);
    for (const module of ["self_attn.k_proj", "mlp.down_proj"]) {
      const [left, all] = await leftOf(adapter, base, tuned, `model.layers.0.${module}`);
      expect(left / all).toBeLessThan(2e-4);
    }
  });

  it("holds the energy that it says, in f32 to six digits, and leaves out what it says", async () => {
    const { config, adapter, report } = await extract(models.base, models.full, { rank: 8, factors: "f32" });
    expect(report.adapter!.energy).toBeCloseTo(0.6344711, 6);
    expect(report.adapter!.held).toBeCloseTo(0.56864, 4);
    expect(report.adapter!.leftOut.map(({ name }) => name)).toContain("model.norm.weight");
    expect(report.adapter!.leftOut).toHaveLength(11);
    expect(config.target_modules).toEqual([
      "down_proj",
      "gate_proj",
      "k_proj",
      "o_proj",
      "q_proj",
      "up_proj",
      "v_proj",
    ]);
    const [base, tuned] = await Promise.all([openCheckpoint(models.base), openCheckpoint(models.full)]);
    let left = 0;
    let all = 0;
    for (const name of adapter.tensors.map((one) => one.name).filter((one) => one.endsWith("lora_A.weight"))) {
      const module = name.slice("base_model.model.".length, -".lora_A.weight".length);
      const [one, of] = await leftOf(adapter, base, tuned, module);
      left += one;
      all += of;
    }
    expect(1 - left / all).toBeCloseTo(report.adapter!.energy, 6);
  });

  it("with the rest saves changed modules whole, in the types they have", async () => {
    const tuned = model(/embed|layers\.0\.self_attn\.q_proj|norm\.weight/);
    const { config, adapter, report } = await extract(model(), tuned, { rank: 4, rest: true });
    expect(config.modules_to_save).toEqual(["model.embed_tokens", "model.norm"]);
    const names = adapter.tensors.map(({ name }) => name.replace("base_model.model.model.", ""));
    expect(names.sort()).toEqual([
      "embed_tokens.modules_to_save.weight",
      "layers.0.self_attn.q_proj.lora_A.weight",
      "layers.0.self_attn.q_proj.lora_B.weight",
      "norm.modules_to_save.bias",
      "norm.modules_to_save.weight",
    ]);
    const opened = await openCheckpoint(tuned);
    for (const name of ["embed_tokens", "norm"])
      expect(await whole(adapter, `base_model.model.model.${name}.modules_to_save.weight`)).toEqual(
        await whole(opened, `model.${name}.weight`),
      );
    // A bias belongs to a module that has factors: it cannot be saved beside them.
    expect(report.adapter!.leftOut.map(({ name }) => name)).toEqual(["model.layers.0.self_attn.q_proj.bias"]);
    expect(report.adapter!.saved).toEqual(["model.embed_tokens.weight", "model.norm.weight"]);
  });

  it("pads smaller ranks with zeros to one rank for all", async () => {
    const { adapter, config } = await extract(models.base, models.lora, { include: /layers\.[03]\.mlp/, energy: 0.9 });
    const shapes = new Set(adapter.tensors.filter(({ name }) => /lora_A/.test(name)).map(({ shape }) => shape[0]));
    expect([...shapes]).toEqual([config.r]);
    const down = await whole(adapter, "base_model.model.model.layers.3.mlp.down_proj.lora_A.weight");
    expect(config.r).toBe(5);
    expect(down.subarray(512).every((x) => x === 0)).toBe(true);
    expect(down.subarray(0, 512).some((x) => x !== 0)).toBe(true);
  });

  it("gives the same bytes whatever the memory and threads, factors kept or found again", async () => {
    const bytesOf = async (options: AdapterOptions): Promise<number[]> => {
      const { files } = extractAdapter(models.base, models.lora, { include: /layers\.0\.self/, rank: 8, ...options });
      let last = new Uint8Array();
      for await (const { bytes } of files) last = new Uint8Array(await new Response(bytes as never).arrayBuffer());
      return Array.from(last);
    };
    const expected = await bytesOf({});
    expect(await bytesOf({ memory: 200_000 })).toEqual(expected);
    expect(await bytesOf({ threads: 2 })).toEqual(expected);
  });

  it("refuses experts in one tensor by name, what did not change, and options out of range", async () => {
    const fused = (by: number): Uint8Array =>
      safetensors([
        f32(
          "model.layers.0.mlp.experts.down_proj",
          [2, 32, 32],
          noise(2048, 3).map((x) => x + by),
        ),
      ]);
    const failing = async (...given: Parameters<typeof extract>): Promise<void> => void (await extract(...given));
    await expect(failing(fused(0), fused(1))).rejects.toMatchObject({
      code: "fused-experts",
      tensor: "model.layers.0.mlp.experts.down_proj",
    });
    await expect(failing(model(), model())).rejects.toMatchObject({ code: "nothing-changed" });
    await expect(failing(model(), model(/q_proj/), { rank: 0 })).rejects.toThrow("rank must be a whole number from 1");
    await expect(failing(model(), model(/q_proj/), { energy: 2 })).rejects.toThrow("energy must be above 0");
    await expect(failing(model(), model(/q_proj/), { rank: 1, energy: 0.5 })).rejects.toThrow("not both");
    await expect(failing(models.quantised, models.quantised)).rejects.toMatchObject({ code: "no-modules" });
  });

  it("rejects its report where it is not read to its end", async () => {
    const { files, report } = extractAdapter(model(), model(/q_proj/), { rank: 2 });
    for await (const { name } of files) {
      expect(name).toBe("adapter_config.json");
      break;
    }
    await expect(report).rejects.toThrow("not read to its end");
  });
});
