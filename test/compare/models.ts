import { fileURLToPath } from "node:url";
import { safetensors } from "../checkpoint/files.js";
import { f32, noise } from "../cli/run.js";

const file = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Models of this project: the bundled example, its fine-tunes, its quantisations. */
export const models = {
  base: file("examples/selftrained-llama-en.bf16.safetensors"),
  lora: file("test/fixtures/models/selftrained-llama-en-tuned/lora.bf16.safetensors"),
  full: file("test/fixtures/models/selftrained-llama-en-tuned/full.bf16.safetensors"),
  quantised: file("test/fixtures/models/selftrained-llama-en/model.Q4_K_M.gguf"),
  single: file("test/fixtures/models/selftrained-llama-en/model.safetensors"),
};

/** Names and shapes of a small model. */
export function model(
  change: (name: string, values: Float32Array) => Float32Array = (_, values) => values,
  names = { prefix: "model.", head: 40 },
): Uint8Array {
  const tensors: [string, number[]][] = [
    [`${names.prefix}embed_tokens.weight`, [names.head, 32]],
    [`${names.prefix}layers.0.self_attn.q_proj.weight`, [32, 32]],
    [`${names.prefix}layers.0.mlp.up_proj.weight`, [64, 32]],
    [`${names.prefix}layers.0.mlp.down_proj.weight`, [32, 64]],
    [`${names.prefix}norm.weight`, [32]],
  ];
  return safetensors(
    tensors.map(([name, shape], i) =>
      f32(
        name,
        shape,
        change(
          name,
          noise(
            shape.reduce((a, b) => a * b, 1),
            i + 1,
          ),
        ),
      ),
    ),
  );
}

/** Adds to every seventh value of what is named so. */
export const plus =
  (which: RegExp, by: number) =>
  (name: string, values: Float32Array): Float32Array =>
    which.test(name) ? values.map((x, i) => x + (i % 7 === 0 ? by : 0)) : values;
