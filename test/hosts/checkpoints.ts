import { Random, seedFor } from "../../src/base/random.js";
import { concatenate, gguf, npy, safetensors } from "../checkpoint/files.js";

/** Random bits: in every storage type NaNs of all payloads, infinities and subnormals are among them. */
function bits(name: string, length: number): Uint8Array<ArrayBuffer> {
  const random = new Random(seedFor(1, name));
  return Uint8Array.from({ length }, () => random.below(256));
}

/** Finite weights: normals in f32. */
function weights(name: string, count: number): Float32Array<ArrayBuffer> {
  const random = new Random(seedFor(1, name));
  return Float32Array.from({ length: count }, () => random.normal() / 8);
}

/** BF16 near ±1, quickly made. */
function patterns(count: number): Uint16Array<ArrayBuffer> {
  let state = 1;
  return Uint16Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 16) & 0x8000) | (0x3f00 + ((state >>> 24) & 0xff));
  });
}

const every16 = () => Uint16Array.from({ length: 65536 }, (_, i) => i);
const upperHalves = (values: Float32Array<ArrayBuffer>) =>
  Uint16Array.from(new Uint32Array(values.buffer), (value) => value >>> 16);

/** name → [elements, bytes] of a block of GGUF's types. */
const quantised: Record<number, [string, number, number]> = {
  2: ["Q4_0", 32, 18],
  8: ["Q8_0", 32, 34],
  10: ["Q2_K", 256, 84],
  11: ["Q3_K", 256, 110],
  12: ["Q4_K", 256, 144],
  13: ["Q5_K", 256, 176],
  14: ["Q6_K", 256, 210],
};

export const checkpoints = {
  safetensors: async () =>
    safetensors(
      [
        { name: "model.layers.0.self_attn.q_proj.weight", dtype: "F32", shape: [48, 64], bytes: weights("q", 48 * 64) },
        {
          name: "model.layers.0.mlp.up_proj.weight",
          dtype: "BF16",
          shape: [50, 66],
          bytes: upperHalves(weights("up", 50 * 66)),
        },
        {
          name: "model.layers.1.mlp.up_proj.weight",
          dtype: "F64",
          shape: [31, 40],
          bytes: Float64Array.from(weights("wide", 31 * 40)),
        },
        { name: "model.layers.1.experts", dtype: "F32", shape: [2, 33, 35], bytes: weights("experts", 2 * 33 * 35) },
        { name: "every f16", dtype: "F16", shape: [256, 256], bytes: every16() },
        { name: "every bf16", dtype: "BF16", shape: [256, 256], bytes: every16() },
        {
          name: "every f8_e4m3",
          dtype: "F8_E4M3",
          shape: [16, 16],
          bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
        },
        {
          name: "every f8_e5m2",
          dtype: "F8_E5M2",
          shape: [16, 16],
          bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
        },
        { name: "any f32", dtype: "F32", shape: [40, 41], bytes: bits("any f32", 40 * 41 * 4) },
        { name: "any f64", dtype: "F64", shape: [40, 41], bytes: bits("any f64", 40 * 41 * 8) },
        { name: "whole", dtype: "I32", shape: [4, 4], bytes: bits("whole", 64) },
      ],
      { format: "pt" },
    ),
  // More than one chunk of rows (src/base/chunks.ts).
  long: async () => safetensors([{ name: "long", dtype: "BF16", shape: [70_000, 64], bytes: patterns(70_000 * 64) }]),
  npy: async () =>
    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (20, 33), }", new Uint8Array(weights("npy", 660).buffer)),
  // Random scales would mostly be huge: every 16-bit float inside a block is cleared to a finite one below 2.
  GGUF: async () =>
    gguf(
      [["general.architecture", 8, "llama"]],
      Object.entries(quantised).map(([type, [name, elements, size]]) => {
        const blocks = concatenate(Array.from({ length: 64 }, (_, i) => tamed(bits(`${name} ${i}`, size), name)));
        return { name: `blk.0.${name}.weight`, type: Number(type), dimensions: [elements * 2, 32], bytes: blocks };
      }),
    ),
};

/** Where a block's f16 scales lie, by bytes from its start. */
const scales: Record<string, number[]> = {
  Q4_0: [0],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

function tamed(block: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> {
  for (const at of scales[name]) block[at + 1] &= 0xbf;
  return block;
}
