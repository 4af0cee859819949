import { compress, extractAdapter, type OutputFile } from "weightscope";
import type { Case } from "./cases.js";

async function written(files: AsyncIterable<OutputFile>): Promise<[name: string, bytes: Uint8Array][]> {
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
};
