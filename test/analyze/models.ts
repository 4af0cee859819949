import { Random } from "../../src/base/random.js";
import { type AnalyzeOptions, analyze, type ByteSource, type Report } from "../../src/index.js";
import { type BuiltTensor, safetensors } from "../checkpoint/files.js";

export function tensor(
  name: string,
  shape: number[],
  seed: number,
  change?: (data: Float32Array) => void,
): BuiltTensor {
  const random = new Random(seed);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
  change?.(data);
  return { name, dtype: "F32", shape, bytes: data };
}

export const model = (): BuiltTensor[] => [
  tensor("model.embed_tokens.weight", [130, 40], 1),
  ...[0, 1, 2].flatMap((n) => [
    tensor(`model.layers.${n}.self_attn.q_proj.weight`, [40, 40], 10 + n, (d) =>
      d.forEach((_, i) => {
        d[i] *= 3 - n;
      }),
    ),
    tensor(`model.layers.${n}.mlp.down_proj.weight`, [40, 90], 20 + n),
    tensor(`model.layers.${n}.input_layernorm.weight`, [40], 30 + n),
  ]),
  tensor("lm_head.weight", [130, 40], 1),
];

/** A source that counts what is asked of it. */
export function counted(bytes: Uint8Array): ByteSource & { read: ByteSource["read"]; bytesRead: number } {
  return {
    name: "counted.safetensors",
    byteLength: bytes.length,
    bytesRead: 0,
    async read(start, end) {
      this.bytesRead += end - start;
      return bytes.slice(start, end);
    },
  };
}

export const one = async (built: BuiltTensor, options?: AnalyzeOptions): Promise<Report["matrices"][number]> =>
  (await analyze(safetensors([built]), options)).matrices[0];
