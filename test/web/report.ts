import { analyze } from "../../src/index.js";
import type { AnalyzeOptions, Report } from "../../src/types.js";
import { safetensors } from "./safetensors.js";

/** Smooth rows with noise: structure that Gaussians find. */
export function waves(rows: number, columns: number, seed: number): Float32Array {
  let state = seed >>> 0 || 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return Float32Array.from({ length: rows * columns }, (_, i) => Math.sin((i % columns) / 5 + seed) + random());
}

/** A small model of named layers, with any further matrices. */
export function modelFile(
  layers = 3,
  more: Record<string, { shape: number[]; values: Float32Array }> = {},
): Uint8Array {
  const tensors: Record<string, { shape: number[]; values: Float32Array }> = {
    "model.embed_tokens.weight": { shape: [64, 32], values: waves(64, 32, 99) },
  };
  for (let layer = 0; layer < layers; layer++) {
    ["self_attn.q_proj", "self_attn.k_proj", "mlp.up_proj"].forEach((name, i) => {
      tensors[`model.layers.${layer}.${name}.weight`] = {
        shape: [32 + 16 * i, 32],
        values: waves(32 + 16 * i, 32, layer * 7 + i + 1),
      };
    });
    tensors[`model.layers.${layer}.norm.weight`] = { shape: [32], values: waves(1, 32, layer) };
  }
  return safetensors({ ...tensors, ...more });
}

export const report = (options: AnalyzeOptions = {}, bytes = modelFile()): Promise<Report> =>
  analyze(bytes, { gaussians: ["auto", 4, "d/4"], permutations: 20, svd: true, ...options });
