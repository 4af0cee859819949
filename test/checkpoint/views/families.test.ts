import fc from "fast-check";
import { describe, it } from "vitest";
import { bitsandbytes4, bitsandbytes8, fp8, gptOss, nvfp4 } from "./packed-floats.js";
import { awq, compressedTensors, gptq, mlx } from "./packed-integers.js";
import { type Packed, randomly } from "./packing.js";
import { holds, opened } from "./support.js";

/** The file holds this one matrix and nothing else. */
const isRead = async (packed: Packed, name: string, family: string, shape?: number[]): Promise<void> =>
  holds(await opened(packed.tensors), packed, name, family, shape);

const dimension = fc.integer({ min: 1, max: 70 });

describe("GPTQ", () => {
  it.each([2, 3, 4, 8])("%i bits, with and without act-order and zeros", async (bits) => {
    // With neither zeros nor g_idx nothing in the file tells the width.
    for (const [actOrder, zeros] of [
      [false, true],
      [true, true],
      [true, false],
    ]) {
      await isRead(
        gptq("model.layers.0.mlp.up_proj", { bits, rows: 64, columns: 96, group: 32, actOrder, zeros }, randomly(bits)),
        "model.layers.0.mlp.up_proj.weight",
        `GPTQ-${bits}`,
        [64, 96],
      );
    }
  });
  it("any shape whose words are whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        fc.integer(),
        async (rows, columns, actOrder, seed) => {
          await isRead(
            gptq(
              "a",
              { bits: 4, rows: 8 * rows, columns: 8 * columns, group: 8, actOrder, zeros: true },
              randomly(seed),
            ),
            "a.weight",
            "GPTQ-4",
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});

it("AWQ", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer(),
      async (words, groups, seed) => {
        await isRead(awq("h.q_proj", 8 * words, 16 * groups, 16, randomly(seed)), "h.q_proj.weight", "AWQ-4", [
          8 * words,
          16 * groups,
        ]);
      },
    ),
    { numRuns: 30 },
  );
});

describe("MLX", () => {
  it.each([2, 3, 4, 5, 6, 8])("%i bits", (bits) =>
    isRead(
      mlx("model.layers.1.q_proj", bits, 13, 3, 64, randomly(bits)),
      "model.layers.1.q_proj.weight",
      `MLX-${bits}`,
      [13, 192],
    ),
  );
});

describe("bitsandbytes", () => {
  it("NF4 and FP4, nested or not, rows that are no whole blocks", async () => {
    await fc.assert(
      fc.asyncProperty(dimension, dimension, fc.boolean(), fc.integer(), async (rows, columns, nested, seed) => {
        const type = seed & 1 ? "nf4" : "fp4";
        await isRead(
          bitsandbytes4("a.v_proj", rows, columns, 64, nested, randomly(seed), type),
          "a.v_proj.weight",
          `bitsandbytes ${type.toUpperCase()}`,
          [rows, columns],
        );
      }),
      { numRuns: 40 },
    );
  });
  it("INT8", () =>
    isRead(bitsandbytes8("a.k_proj", 21, 35, randomly(3)), "a.k_proj.weight", "bitsandbytes INT8", [21, 35]));
});

describe("compressed-tensors", () => {
  it.each([3, 4, 8])("%i bits, symmetric, with zeros, with act-order", async (bits) => {
    for (const options of [{}, { zeros: true }, { order: true }, { zeros: true, order: true }]) {
      await isRead(
        compressedTensors("m.o_proj", bits, 22, 96, 32, options, randomly(bits)),
        "m.o_proj.weight",
        `compressed-tensors INT${bits}`,
        [22, 96],
      );
    }
  });
});

describe("four-bit floats", () => {
  it("NVFP4 of compressed-tensors", () =>
    isRead(nvfp4("m.up_proj", "compressed-tensors", 12, 80, randomly(1)), "m.up_proj.weight", "NVFP4", [12, 80]));
  it("NVFP4 of ModelOpt", () =>
    isRead(nvfp4("m.up_proj", "modelopt", 12, 80, randomly(2)), "m.up_proj.weight", "NVFP4", [12, 80]));
  it("MXFP4 of gpt-oss, experts stacked", () =>
    isRead(
      gptOss("model.layers.0.mlp.experts.down_proj", 3, 10, 64, randomly(4)),
      "model.layers.0.mlp.experts.down_proj",
      "MXFP4",
      [3, 10, 64],
    ));
});

describe("FP8", () => {
  const cases: [string, string, number[], number[], [number, number], string][] = [
    ["blocks", "a.weight_scale_inv", [200, 300], [2, 3], [128, 128], "FP8 128×128"],
    ["one scale", "a.weight_scale", [20, 30], [], [20, 30], "FP8 tensor"],
    ["one scale a row, a column of them", "a.weight_scale", [20, 30], [20, 1], [1, 30], "FP8 row"],
    ["one scale a row, a vector", "a.weight_scale", [20, 30], [20], [1, 30], "FP8 row"],
    ["DeepSeek's own name", "a.scale", [130, 129], [2, 2], [128, 128], "FP8 128×128"],
    ["ComfyUI", "a.scale_weight", [9, 33], [1], [9, 33], "FP8 tensor"],
  ];
  it.each(cases)("%s", (_, scaleName, shape, scaleShape, block, family) =>
    isRead(fp8("a.weight", scaleName, shape, scaleShape, block, randomly(5)), "a.weight", family, shape),
  );
  it("scales in E8M0", () =>
    isRead(
      fp8("a.weight", "a.weight_scale_inv", [200, 300], [2, 3], [128, 128], randomly(6), true),
      "a.weight",
      "FP8 128×128",
    ));
  it("stacked experts, a scale for each", () =>
    isRead(
      fp8("e.gate_up_proj", "e.gate_up_proj_scale", [4, 20, 30], [4, 1, 30], [20, 1], randomly(7)),
      "e.gate_up_proj",
      "FP8 column",
      [4, 20, 30],
    ));
  it("stacked experts in blocks", () =>
    isRead(
      fp8("e.down_proj", "e.down_proj_scale_inv", [3, 150, 130], [3, 2, 2], [128, 128], randomly(8)),
      "e.down_proj",
      "FP8 128×128",
      [3, 150, 130],
    ));
});
