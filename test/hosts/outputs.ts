import { compress, extractAdapter, type OutputFile, restore } from "weightscope";
import { safetensors } from "../checkpoint/files.js";
import type { Case } from "./cases.js";
import { matrix, spiked } from "./matrices.js";

/** Names and bytes of files. */
export async function written(files: AsyncIterable<OutputFile>): Promise<[name: string, bytes: Uint8Array][]> {
  const all: [string, Uint8Array][] = [];
  for await (const { name, bytes } of files)
    all.push([name, new Uint8Array(await new Response(bytes as never).arrayBuffer())]);
  return all;
}

/** What is written: factors from all eigenvectors, and from the leading ones alone. */
export const outputCases: Record<string, Case> = {
  "adapter of a change": async ({ example, module }) => {
    const changed = example.slice();
    for (let i = changed.length >> 1; i < changed.length; i += 97) changed[i] ^= 1;
    const { files, report } = extractAdapter(example, changed, { include: /layers\.3\.self_attn/, rank: 6, module });
    return [await written(files), JSON.stringify(await report)];
  },
  "compressed by signal, and to a low rank in 8 bits": async ({ example }) => {
    const outputs: unknown[] = [];
    for (const options of [
      { include: /layers\.0\.self_attn\.[kv]/ },
      { include: /layers\.1\.mlp\.down/, keep: { rank: 6 }, factors: "q8" as const },
    ]) {
      const { files, report } = compress(example, options);
      outputs.push(await written(files), JSON.stringify(await report));
    }
    return outputs;
  },
  "compressed from a Krylov space, and restored": async () => {
    const [rows, columns] = [516, 540];
    const alike = Float32Array.from({ length: rows * columns }, (_, i) => (i % (columns + 1) === 0 ? 1 : 0));
    const bytes = safetensors([
      { name: "layers.0.up", dtype: "F32", shape: [rows, columns], bytes: matrix("up", rows, columns, spiked).data },
      { name: "layers.0.down", dtype: "F32", shape: [rows, columns], bytes: alike },
    ]);
    const { files, report } = compress(bytes, { keep: { rank: 40 }, seed: 3, memory: 500_000 });
    const small = await written(files);
    return [small, JSON.stringify(await report), await written(restore(small[0][1]).files)];
  },
};
