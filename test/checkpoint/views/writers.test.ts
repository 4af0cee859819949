import { describe, expect, it } from "vitest";
import type { BuiltTensor } from "../files.js";
import { fourBits, fp8, int8, mlxFloat8, nvfp4 } from "./packed-floats.js";
import { compressedTensors, gptq, mlx } from "./packed-integers.js";
import { randomly } from "./packing.js";
import { holds, opened } from "./support.js";

describe("small floats of other writers", () => {
  it.each(["F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ"])("FP8 in %s, every code, NaN and infinity too", async (dtype) => {
    const packed = fp8("a.weight", "a.weight_scale", [9, 35], [9, 1], [1, 35], randomly(1), false, dtype);
    const all = { ...packed, expected: packed.expected };
    await holds(await opened(packed.tensors), all, "a.weight", "FP8 row", [9, 35]);
  });
  it("Mistral's own names", async () => {
    const packed = fp8("l.wq.weight", "l.wq.qscale_weight", [9, 33], [], [9, 33], randomly(2));
    const activation = { name: "l.wq.qscale_act", dtype: "F32", shape: [], bytes: Float32Array.of(1) };
    const tensors = [...packed.tensors, activation];
    await holds(await opened(tensors), { ...packed, tensors }, "l.wq.weight", "FP8 tensor");
  });
  it("MLX mxfp4, nvfp4 and mxfp8, with and without a configuration", async () => {
    const names = { codes: "a.weight", dtype: "U32", scales: "a.scales", scaleDtype: "U8" } as const;
    const configured = (mode: string, group: number, bits: number) => ({
      "config.json": {
        quantization: { mode, group_size: group, bits },
        quantization_config: { mode, group_size: group, bits },
      },
    });
    const mx = fourBits(names, 7, 96, 32, randomly(3));
    const nv = fourBits(names, 7, 96, 16, randomly(4));
    const eight = mlxFloat8("a", 7, 96, randomly(5));
    await holds(await opened(mx.tensors), mx, "a.weight", "MLX MXFP4", [7, 96]);
    await holds(await opened(nv.tensors), nv, "a.weight", "MLX NVFP4", [7, 96]);
    await holds(await opened(eight.tensors), eight, "a.weight", "MLX MXFP8", [7, 96]);
    await holds(await opened(mx.tensors, configured("mxfp4", 32, 4)), mx, "a.weight", "MLX MXFP4", [7, 96]);
    await holds(await opened(nv.tensors, configured("nvfp4", 16, 4)), nv, "a.weight", "MLX NVFP4", [7, 96]);
    await holds(await opened(eight.tensors, configured("mxfp8", 32, 8)), eight, "a.weight", "MLX MXFP8", [7, 96]);
  });
  it("FP4 of DeepSeek and MXFP4 of compressed-tensors and ModelOpt", async () => {
    for (const names of [
      { codes: "a.weight", dtype: "I8", scales: "a.scale", scaleDtype: "F8_E8M0" },
      { codes: "a.weight_packed", dtype: "U8", scales: "a.weight_scale", scaleDtype: "U8" },
      { codes: "a.weight", dtype: "U8", scales: "a.weight_scale", scaleDtype: "U8" },
    ] as const) {
      const packed = fourBits(names, 5, 64, 32, randomly(6));
      await holds(await opened(packed.tensors), packed, "a.weight", "MXFP4", [5, 64]);
    }
  });
});

describe("signed bytes", () => {
  it.each([
    [{ codes: "a.weight", scales: "a.weight_scale" }, "INT8 row"],
    [{ codes: "a.weight", scales: "a.weight_scale", zeros: "a.weight_zero_point" }, "INT8 row"],
    [{ codes: "a.weight._data", scales: "a.weight._scale" }, "quanto INT8 row"],
    [{ codes: "a._weight_qdata", scales: "a._weight_scale", zeros: "a._weight_zero_point" }, "INT8 row"],
  ])("%o", async (names, family) => {
    const packed = int8(names, 21, 35, randomly(7));
    await holds(await opened(packed.tensors), packed, "a.weight", family, [21, 35]);
  });
  it("quanto's FP8", async () => {
    const packed = fp8("a.weight._data", "a.weight._scale", [9, 33], [9, 1], [1, 33], randomly(8));
    await holds(await opened(packed.tensors), packed, "a.weight", "quanto FP8 row");
  });
});

describe("what a configuration beside the file says", () => {
  it("GPTQ's second format, whose zeros are stored as they are", async () => {
    const shape = { bits: 4, rows: 64, columns: 96, group: 32, actOrder: false, zeros: true };
    const packed = gptq("a", { ...shape, version2: true }, randomly(9));
    const said = { quant_method: "gptq", bits: 4, group_size: 32, checkpoint_format: "gptq_v2" };
    for (const beside of [{ "config.json": { quantization_config: said } }, { "quantize_config.json": said }])
      await holds(await opened(packed.tensors, beside), packed, "a.weight", "GPTQ-4");
    const first = gptq("a", shape, randomly(9));
    await holds(await opened(first.tensors, { "config.json": { model_type: "llama" } }), first, "a.weight", "GPTQ-4");
  });
  it("bits of GPTQ, where neither zeros nor an order give them", async () => {
    const packed = gptq(
      "a",
      { bits: 8, rows: 64, columns: 96, group: 32, actOrder: false, zeros: false },
      randomly(10),
    );
    const beside = { "config.json": { quantization_config: { quant_method: "gptq", bits: 8, group_size: 32 } } };
    await holds(await opened(packed.tensors, beside), packed, "a.weight", "GPTQ-8", [64, 96]);
  });
  it("bits and group of one module of MLX", async () => {
    const packed = mlx("model.layers.0.mlp.gate", 8, 5, 3, 32, randomly(11));
    const own = { "model.layers.0.mlp.gate": { bits: 8, group_size: 32 } };
    const beside = { "config.json": { quantization: { bits: 4, group_size: 64, ...own } } };
    await holds(await opened(packed.tensors, beside), packed, "model.layers.0.mlp.gate.weight", "MLX-8", [5, 96]);
  });
  it("bits of compressed-tensors' groups, where the shape is missing", async () => {
    const packed = compressedTensors("a", 8, 22, 96, 32, {}, randomly(12));
    const tensors = packed.tensors.filter(({ name }) => !name.endsWith("shape"));
    const weights = { num_bits: 8, group_size: 32, strategy: "group" };
    const said = {
      quant_method: "compressed-tensors",
      format: "pack-quantized",
      config_groups: { group_0: { weights } },
    };
    const beside = { "config.json": { text_config: { quantization_config: said } } };
    await holds(await opened(tensors, beside), { ...packed, tensors }, "a.weight", "compressed-tensors INT8", [22, 96]);
  });
  it("FP8 in blocks of another size", async () => {
    const packed = fp8("a.weight", "a.weight_scale_inv", [100, 200], [2, 4], [64, 64], randomly(13));
    const beside = { "config.json": { quantization_config: { quant_method: "fp8", weight_block_size: [64, 64] } } };
    await holds(await opened(packed.tensors, beside), packed, "a.weight", "FP8 64×64", [100, 200]);
  });
  it("a configuration that is no JSON, or no object, says nothing", async () => {
    const packed = mlx("a", 4, 5, 2, 64, randomly(14));
    for (const wrong of [
      "[",
      7,
      null,
      [],
      { quantization_config: [] },
      { quantization: { bits: "four", a: { bits: -1 } } },
    ])
      await holds(await opened(packed.tensors, { "config.json": wrong }), packed, "a.weight", "MLX-4");
  });
});

describe("known and left alone, in one line that counts", () => {
  const floats = (name: string, ...shape: number[]): BuiltTensor => ({
    name,
    dtype: "F16",
    shape,
    bytes: new Uint16Array(shape.reduce((a, b) => a * b, 1)),
  });
  const bytes = (name: string, dtype: string, ...shape: number[]): BuiltTensor => ({
    name,
    dtype,
    shape,
    bytes: new Uint8Array(shape.reduce((a, b) => a * b, 1) * (Number(dtype.slice(1)) / 8)),
  });
  const without = (tensors: BuiltTensor[], end: string) => tensors.filter(({ name }) => !name.endsWith(end));
  const swizzled = [
    ...nvfp4("a", "modelopt", 12, 64, randomly(15)).tensors,
    { name: "a.comfy_quant", dtype: "U8", shape: [2], bytes: new TextEncoder().encode("{}") },
  ];
  it.each<[string, BuiltTensor[], string]>([
    [
      "EXL2",
      [
        bytes("a.q_weight", "I32", 8, 64),
        bytes("a.q_scale", "I32", 4, 8),
        floats("a.q_scale_max", 4),
        bytes("a.q_invperm", "I32", 64),
      ],
      "EXL2 is recognised, and not dequantised: 1 matrix of 4,096 weights left out",
    ],
    [
      "EXL3",
      [bytes("a.trellis", "I16", 4, 4, 32), floats("a.suh", 64), floats("a.svh", 48)],
      "EXL3 is recognised, and not dequantised: 1 matrix of 3,072 weights left out",
    ],
    [
      "AQLM",
      [bytes("a.codes", "I16", 16, 8, 2), floats("a.codebooks", 2, 64, 1, 8), floats("a.scales", 16, 1, 1, 1)],
      "AQLM is recognised, and not dequantised: 1 matrix of 1,024 weights left out",
    ],
    [
      "HQQ",
      [bytes("a.W_q", "U8", 32, 64), floats("a.scale", 64, 1), floats("a.zero", 64, 1)],
      "HQQ is recognised, and not dequantised: 1 matrix left out",
    ],
    [
      "Marlin",
      [bytes("a.B", "I32", 4, 128), floats("a.s", 1, 64), bytes("a.workspace", "I32", 16)],
      "Marlin is recognised, and not dequantised: 1 matrix of 4,096 weights left out",
    ],
    [
      "EETQ",
      [bytes("a.qweight", "I8", 32, 64), floats("a.weight_scales", 64)],
      "EETQ is recognised, and not dequantised: 1 matrix of 2,048 weights left out",
    ],
    [
      "BitNet",
      [bytes("a.weight", "U8", 16, 64), floats("a.weight_scale", 1)],
      "BitNet is recognised, and not dequantised: 1 matrix of 4,096 weights left out",
    ],
    [
      "compressed-tensors, sparse",
      [floats("a.weight.compressed", 512), bytes("a.weight.bitmask", "U8", 16, 8), bytes("a.weight.shape", "I64", 2)],
      "compressed-tensors (sparse) is recognised, and not dequantised: 1 matrix of 1,024 weights left out",
    ],
    [
      "ComfyUI's NVFP4",
      swizzled,
      "ComfyUI's NVFP4: its scales lie in the order of the tensor cores, which is not read: 1 matrix of 768 weights " +
        "left out",
    ],
    [
      "MLX without biases",
      without(mlx("a", 4, 5, 2, 64, randomly(16)).tensors, "biases"),
      "MLX-4: its biases are missing: 1 matrix of 640 weights left out",
    ],
    [
      "nothing that is known",
      [bytes("a.packed", "U8", 16, 64), floats("a.scales", 16, 8), floats("a.zeros", 16, 8)],
      "integers with scales, in a quantisation not known here: 1 matrix left out",
    ],
  ])("%s", async (_, tensors, note) => {
    const checkpoint = await opened(tensors);
    expect(checkpoint.tensors).toEqual([]);
    expect(checkpoint.notes).toEqual([note]);
    expect(checkpoint.asides.size).toBe(tensors.length);
  });
});
