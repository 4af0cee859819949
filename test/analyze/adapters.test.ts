import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { Random } from "../../src/base/random.js";
import { openRaw } from "../../src/checkpoint/open.js";
import { type BuiltTensor, safetensors } from "../checkpoint/files.js";

const [rows, columns, rank] = [40, 56, 6];
const random = new Random(7);
const normal = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.float() - 0.5);
const a = normal(rank * columns);
// The last column of B is zero: a rank that is given and not used.
const b = normal(rows * rank).map((value, i) => (i % rank === rank - 1 ? 0 : value));

/** scale · B · A in f64. */
const product = (scale: number): Float64Array =>
  Float64Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[i * rank + k] * a[k * columns + j];
    return scale * sum;
  });
const normOf = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));

/** (Σσ²)² / Σσ⁴ = ‖W‖⁴ / ‖WWᵀ‖², entry by entry. */
function participationOf(w: Float64Array): number {
  let fourth = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) {
      let dot = 0;
      for (let k = 0; k < columns; k++) dot += w[i * columns + k] * w[j * columns + k];
      fourth += dot * dot;
    }
  return normOf(w) ** 4 / fourth;
}

const factor = (name: string, shape: number[], bytes: Float32Array): BuiltTensor => ({
  name,
  dtype: "F32",
  shape,
  bytes,
});
const module = "model.layers.0.self_attn.q_proj";
const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});
async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "weightscope-adapter-"));
  folders.push(folder);
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(folder, name), bytes);
  return folder;
}
const peft = (...more: BuiltTensor[]): Uint8Array =>
  safetensors([
    factor(`base_model.model.${module}.lora_A.weight`, [rank, columns], a),
    factor(`base_model.model.${module}.lora_B.weight`, [rows, rank], b),
    ...more,
  ]);

it("PEFT: alpha over rank from adapter_config.json; norm, participation and rank used from the factors", async () => {
  const folder = await folderOf({
    "adapter_model.safetensors": peft(),
    "adapter_config.json": JSON.stringify({ r: rank, lora_alpha: 24 }),
  });
  const base = normal(rows * columns);
  const report = await analyze(folder, {
    gaussians: [4],
    base: safetensors([factor(`${module}.weight`, [rows, columns], base)]),
  });
  const expected = product(4);
  expect(report.matrices.length).toBe(1);
  const [matrix] = report.matrices;
  expect([matrix.name, matrix.dtype, matrix.shape, matrix.layer, matrix.role]).toEqual([
    `${module}.weight`,
    "LoRA",
    [rows, columns],
    0,
    "attention.query",
  ]);
  expect(matrix.norms.norm / normOf(expected)).toBeCloseTo(1, 6);
  expect(matrix.participation!.value / participationOf(expected)).toBeCloseTo(1, 9);
  expect(Math.sqrt(matrix.participation!.squaredNorm) / normOf(expected)).toBeCloseTo(1, 9);
  expect(matrix.adapter).toEqual({
    rank,
    rankUsed: rank - 1,
    scale: 4,
    relativeChange: expect.closeTo(normOf(expected) / normOf(base), 9),
  });
  expect(report.source.parameters).toBe(rank * (rows + columns));
  expect(report.source.notes[0]).toMatch("an adapter: 1 matrix is scale · B · A");
});

it("rank patterns, stabilised ranks, and DoRA's magnitudes", async () => {
  const config = { r: 8, lora_alpha: 16, use_rslora: true, alpha_pattern: { q_proj: 3 } };
  const magnitude = factor(`base_model.model.${module}.lora_magnitude_vector`, [rows], normal(rows));
  const folder = await folderOf({
    "adapter_model.safetensors": peft(magnitude),
    "adapter_config.json": JSON.stringify(config),
  });
  const { matrices, source } = await analyze(folder, { gaussians: [4] });
  expect(matrices[0].adapter!.scale).toBeCloseTo(3 / Math.sqrt(rank), 12);
  expect(source.notes).toContain("DoRA's magnitudes of 1 matrix are not applied");
  expect(source.skipped.map(({ reason }) => reason)).toEqual([
    "companion of a weight (LoRA)",
    "companion of a weight (LoRA)",
  ]);
});

it("kohya: alpha in a tensor; convolutions flattened", async () => {
  const file = safetensors([
    factor("lora_unet_mid_block_conv.lora_down.weight", [rank, columns / 4, 2, 2], a),
    factor("lora_unet_mid_block_conv.lora_up.weight", [rows, rank, 1, 1], b),
    factor("lora_unet_mid_block_conv.alpha", [], Float32Array.of(3)),
  ]);
  const checkpoint = await openRaw(file);
  const [matrix] = (await analyze(checkpoint, { gaussians: [4] })).matrices;
  expect([matrix.name, matrix.shape, matrix.adapter!.scale]).toEqual([
    "lora_unet_mid_block_conv.weight",
    [rows, columns],
    0.5,
  ]);
  expect(matrix.norms.norm / normOf(product(0.5))).toBeCloseTo(1, 6);
});

it("factors that do not fit leave the matrix out", async () => {
  const file = safetensors([
    factor("a.lora_A.weight", [rank, columns], a),
    factor("a.lora_B.weight", [rows * 2, rank / 2], b),
  ]);
  const { matrices, source } = await analyze(file);
  expect(matrices).toEqual([]);
  expect(source.notes).toContain("LoRA: weight is 80 × 3 where 80 × 6 is wanted: 1 matrix of 4,480 weights left out");
});
