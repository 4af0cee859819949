/** Each byte of a matrix stored in several tensors is asked for once, however its rows are taken. */
import { describe, expect, it } from "vitest";
import { asRawCheckpoint } from "../../../src/checkpoint/adapted.js";
import { openRaw } from "../../../src/checkpoint/open.js";
import { interpret } from "../../../src/checkpoint/views/interpreted.js";
import { analyze, type ByteSource, openCheckpoint } from "../../../src/index.js";
import { safetensors } from "../files.js";
import { bitsandbytes4, fp8, gptOss, nvfp4 } from "./packed-floats.js";
import { awq, compressedTensors, gptq, mlx } from "./packed-integers.js";
import { type Packed, randomly } from "./packing.js";

/** A source that counts how often each byte is asked for. */
function counting(file: Uint8Array): { source: ByteSource; times: Uint8Array } {
  const times = new Uint8Array(file.length);
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    for (let i = start; i < end; i++) times[i]++;
    return file.slice(start, end);
  };
  return { source: { name: "counted", byteLength: file.length, read }, times };
}

const families: [string, Packed][] = [
  ["GPTQ", gptq("a", { bits: 4, rows: 64, columns: 96, group: 32, actOrder: true, zeros: true }, randomly(1))],
  ["AWQ", awq("a", 64, 96, 16, randomly(2))],
  ["MLX", mlx("a", 3, 40, 3, 32, randomly(3))],
  ["NF4, nested", bitsandbytes4("a", 40, 66, 64, true, randomly(4))],
  ["compressed-tensors", compressedTensors("a", 4, 40, 96, 32, { zeros: true, order: true }, randomly(5))],
  ["NVFP4", nvfp4("a", "compressed-tensors", 40, 96, randomly(6))],
  ["MXFP4", gptOss("model.layers.0.mlp.experts.down_proj", 3, 40, 96, randomly(7))],
  ["FP8", fp8("a.weight", "a.weight_scale_inv", [200, 300], [2, 3], [128, 128], randomly(8))],
];

describe.each(families)("%s", (_, { tensors, expected, columns }) => {
  /** Of each tensor, how often its most wanted byte was asked for. */
  const asked = (times: Uint8Array): Record<string, number> => {
    let end = times.length;
    return Object.fromEntries(
      tensors
        .toReversed()
        .map(({ name, bytes }) => {
          const start = end - bytes.byteLength;
          const most = times.subarray(start, end).reduce((a, b) => Math.max(a, b), 0);
          end = start;
          return [name, most] as const;
        })
        .toReversed(),
    );
  };
  const once = Object.fromEntries(
    tensors.map(({ name }) => [name, /input_scale|quant_state|weight_shape/.test(name) ? 0 : 1]),
  );
  it("row by row", async () => {
    const { source, times } = counting(safetensors(tensors));
    const checkpoint = await interpret(await openRaw(source));
    const [tensor] = checkpoint.tensors;
    times.fill(0);
    for (let row = 0; row < expected.length / columns; row++)
      await checkpoint.readBytes(tensor, row * columns * 4, (row + 1) * columns * 4);
    expect(asked(times)).toEqual(once);
    await checkpoint.close();
  });
  it("in an analysis", async () => {
    const { source, times } = counting(safetensors(tensors));
    const checkpoint = await openCheckpoint(source);
    await interpret(asRawCheckpoint(checkpoint));
    times.fill(0);
    const report = await analyze(checkpoint, { spectrum: "all", permutations: 2 });
    expect(report.source.matrices).toBeGreaterThan(0);
    expect(asked(times)).toEqual(once);
    await checkpoint.close();
  });
});
