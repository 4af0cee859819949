import { fileURLToPath } from "node:url";

const file = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Models of this project: the bundled example, its fine-tunes, its quantisations. */
export const models = {
  base: file("examples/selftrained-llama-en.bf16.safetensors"),
  lora: file("test/fixtures/models/selftrained-llama-en-tuned/lora.bf16.safetensors"),
  full: file("test/fixtures/models/selftrained-llama-en-tuned/full.bf16.safetensors"),
  quantised: file("test/fixtures/models/selftrained-llama-en/model.Q4_K_M.gguf"),
  single: file("test/fixtures/models/selftrained-llama-en/model.safetensors"),
};
