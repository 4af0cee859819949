import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readOnce } from "../../src/bytes/once.js";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { compress } from "../../src/compress/compress.js";
import type { CompressOptions } from "../../src/compress/contract.js";
import type { ByteSource } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { taken } from "../compress/files.js";

/** A source that counts how often each of its bytes is asked for. */
function counting(bytes: Uint8Array): { source: ByteSource; asked: Uint32Array } {
  const asked = new Uint32Array(bytes.length);
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    for (let i = start; i < end; i++) asked[i]++;
    return bytes.slice(start, end);
  };
  return { source: { name: "counted.safetensors", byteLength: bytes.length, read }, asked };
}

const range = fc.tuple(fc.nat(300), fc.nat(300)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

describe("a source that is read once", () => {
  it("gives the bytes of any ranges, at the same time or after one another, and asks for none twice", () =>
    fc.assert(
      fc.asyncProperty(fc.array(range, { maxLength: 20 }), fc.boolean(), async (ranges, together) => {
        const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 37) & 255);
        const { source, asked } = counting(bytes);
        const once = readOnce(source);
        const check = async ([start, end]: readonly [number, number]): Promise<void> =>
          expect(await once.read(start, end)).toEqual(bytes.slice(start, end));
        if (together) await Promise.all(ranges.map(check));
        else for (const one of ranges) await check(one);
        await once.close?.();
        asked.forEach((times, i) => expect(times).toBe(ranges.some(([start, end]) => start <= i && i < end) ? 1 : 0));
      }),
      { numRuns: 60, seed: 4 },
    ));

  it("asks again for what failed", async () => {
    let fails = true;
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const once = readOnce({
      name: "x",
      byteLength: 4,
      async read(start, end) {
        if (start === 2 && fails) throw new Error("gone");
        return bytes.slice(start, end);
      },
    });
    await once.read(0, 2);
    await expect(once.read(1, 4)).rejects.toThrow("gone");
    fails = false;
    expect(await once.read(0, 4)).toEqual(bytes);
    await once.close?.();
  });

  const wave = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i * i * 0.37));
  const file = safetensors([
    { name: "embed.weight", dtype: "F32", shape: [50, 40], bytes: wave(2000) },
    { name: "layers.0.up.weight", dtype: "F32", shape: [530, 600], bytes: wave(318_000) },
    { name: "layers.0.down.weight", dtype: "F32", shape: [90, 60], bytes: wave(5400) },
    { name: "layers.0.norm.weight", dtype: "F32", shape: [40], bytes: wave(40) },
  ]);

  it.each<[string, CompressOptions]>([
    ["a Krylov space", { keep: { rank: 8 }, memory: 30_000 }],
    ["the whole spectrum", { memory: 100_000 }],
    ["ordered Gaussians", { method: "gaussian", keep: { gaussians: 4 }, order: "path", memory: 30_000 }],
  ])("is what compress makes of one, with memory for few rows: %s", async (_, options) => {
    const { source, asked } = counting(file);
    const { files } = await taken(compress(source, options));
    expect(asked.every((times) => times === 1)).toBe(true);
    const whole = await taken(compress(file, options));
    expect(files[0].bytes.equals(whole.files[0].bytes)).toBe(true);
  });

  it("is what `once` makes of a checkpoint that is compressed twice, and a sweep's", async () => {
    const { source, asked } = counting(file);
    const checkpoint = await openCheckpoint(source, { once: true });
    await taken(compress(checkpoint, { keep: { rank: 2 } }));
    await taken(compress(checkpoint, { keep: { rank: 3 } }));
    await checkpoint.close();
    expect(asked.every((times) => times === 1)).toBe(true);
    const again = counting(file);
    const opened = await openCheckpoint(again.source);
    await taken(compress(opened, { keep: { rank: 2 } }));
    await opened.close();
    expect(again.asked.some((times) => times > 1)).toBe(true);
  });
});
