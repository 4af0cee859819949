import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { compress, compressSharing } from "../../src/compress/compress.js";
import type { CompressOptions, Keep } from "../../src/compress/contract.js";
import { checkedCompress } from "../../src/compress/options.js";
import { FactorStore } from "../../src/compress/store.js";
import { safetensors } from "../checkpoint/files.js";
import { taken } from "./files.js";

const example = readFileSync(new URL("../../examples/selftrained-llama-en.bf16.safetensors", import.meta.url));
const wave = Float32Array.from({ length: 520 * 530 }, (_, i) => Math.sin(i * i * 0.37) / (1 + (i % 530)));
/** Of small and large weights, and one of which few directions are found by themselves. */
const mixed = safetensors([
  { name: "layers.0.tall", dtype: "F32", shape: [70, 40], bytes: wave.slice(0, 2800).map((x) => x * 1e-25) },
  { name: "layers.0.wide", dtype: "F32", shape: [30, 80], bytes: wave.slice(0, 2400) },
  { name: "layers.0.large", dtype: "F32", shape: [520, 530], bytes: wave },
]);

describe("compressions that share factors", () => {
  const keeps: Keep[] = [{ budget: 0.1 }, { rank: 9 }, "signal", { energy: 0.7 }, { budget: 0.4 }];
  it.each<[string, Uint8Array, CompressOptions, Keep[]]>([
    ["a model", example, { include: /layers\.0\.(self_attn\.[qk]|mlp\.down)/, factors: "q4" }, keeps],
    ["matrices of all kinds", mixed, { memory: 200_000 }, keeps],
    ["ranks that are chosen over all", mixed, { allocate: "energy" }, [{ budget: 0.1 }, { energy: 0.7 }]],
    ["Gaussians", mixed, { method: "gaussian" }, [{ budget: 0.1 }, { gaussians: 5 }]],
    [
      "weighed columns",
      mixed,
      { importance: new Map([["layers.0.wide", Float32Array.from({ length: 80 }, (_, j) => 1 + (j % 7))]]) },
      keeps,
    ],
  ])("give each the bytes it has alone, in any order: %s", async (_, bytes, options, wanted) => {
    const checkpoint = await openCheckpoint(bytes);
    for (const order of [wanted, [...wanted].reverse()]) {
      const store = await FactorStore.create(order.map((keep) => checkedCompress({ ...options, keep }).keep));
      for (const keep of order) {
        const alone = await taken(compress(checkpoint, { ...options, keep }));
        const shared = await taken(compressSharing(checkpoint, { ...options, keep }, store));
        expect(shared.report, JSON.stringify(keep)).toEqual(alone.report);
        expect(shared.files[0].bytes.equals(alone.files[0].bytes), JSON.stringify(keep)).toBe(true);
      }
      await store.close();
    }
    await checkpoint.close();
  });

  it("decompose a matrix once: the next one reads the file for its hash alone", async () => {
    let asked = 0;
    const checkpoint = await openCheckpoint({
      name: "mixed.safetensors",
      byteLength: mixed.length,
      async read(start, end) {
        asked += end - start;
        return mixed.slice(start, end);
      },
    });
    const store = await FactorStore.create([
      { kind: "budget", value: 0.1 },
      { kind: "rank", value: 9 },
    ]);
    const weights = (70 * 40 + 30 * 80) * 4;
    const read: number[] = [];
    for (const keep of [{ budget: 0.1 }, { rank: 9 }]) {
      asked = 0;
      await taken(compressSharing(checkpoint, { exclude: /large/, keep }, store));
      read.push(asked);
    }
    await store.close();
    await checkpoint.close();
    expect(read[0] - read[1]).toBeGreaterThanOrEqual(weights);
    // The hash, what is kept, and headers.
    expect(read[1]).toBeLessThan(mixed.length + 520 * 530 * 4 + weights);
  });
});
