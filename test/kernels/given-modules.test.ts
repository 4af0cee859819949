import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { analyze, load } from "../../src/index.js";
import { gguf } from "../checkpoint/files.js";

vi.mock("../../src/host/node.js", async (original) => ({
  ...(await original<object>()),
  kernelModule: () => Promise.reject(new Error("nothing can be imported here")),
}));

it("where nothing can be imported, both kernels given as modules do for a quantised checkpoint", async () => {
  // Q8_0: a scale of 1 (f16) and 32 codes a block.
  const block = (k: number): number[] => [0, 0x3c, ...Array.from({ length: 32 }, (_, i) => (k + i) % 7)];
  const bytes = Uint8Array.from(Array.from({ length: 64 }, (_, k) => block(k)).flat());
  const file = gguf(
    [["general.architecture", 8, "llama"]],
    [{ name: "blk.0.attn_q.weight", dimensions: [64, 32], type: 8, bytes }],
  );
  await expect(analyze(file, { gaussians: [4] })).rejects.toThrow("nothing can be imported here");
  const [module, quantized] = ["plain", "quantized"].map(
    (name) => new WebAssembly.Module(readFileSync(`build/${name}.wasm`)),
  );
  await load({ module, quantized });
  const { matrices } = await analyze(file, { gaussians: [4] });
  expect(matrices[0]).toMatchObject({ dtype: "Q8_0", rows: 32, columns: 64 });
  expect(matrices[0].norms.maximum).toBe(6);
});
