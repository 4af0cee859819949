/** Codes that stand for the values of a table or a small float: bitsandbytes (NF4, INT8 by row), NVFP4, MXFP4, FP8. */
import { codesOf, e2m1, e4m3, f, filled, float8, type Packed, type Random } from "./packing.js";

/** NF4's levels: quantiles of a normal law, as the QLoRA paper's appendix E lists them. */
const NF4 = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
].map(f);

/** FP4's, in the order of its codes: a twelfth of 0, 0.0625, 8, 12, 4, 6, 2, 3, and the same below zero. */
const FP4 = [0, 0.0625, 8, 12, 4, 6, 2, 3].flatMap((value) => [value / 12]);
const LEVELS = { nf4: NF4, fp4: [...FP4, ...FP4.map((value) => -value)].map(f) };

export function bitsandbytes4(
  prefix: string,
  rows: number,
  columns: number,
  block: number,
  nested: boolean,
  random: Random,
  type: "nf4" | "fp4" = "nf4",
): Packed {
  const levels = LEVELS[type];
  const weights = rows * columns;
  const q = Array.from({ length: weights }, () => random(16));
  const blocks = Math.ceil(weights / block);
  const bytes = Uint8Array.from({ length: Math.ceil(weights / 2) }, (_, i) => (q[2 * i] << 4) | (q[2 * i + 1] ?? 0));
  const nestedBlock = 256;
  const offset = 0.03125;
  const outer = Float32Array.from({ length: Math.ceil(blocks / nestedBlock) }, () => 0.01 + random(100) / 1000);
  const map = Float32Array.from({ length: 256 }, (_, i) => i / 128 - 1);
  const absmaxCodes = Uint8Array.from({ length: blocks }, () => random(256));
  const plain = Float32Array.from({ length: blocks }, () => 0.01 + random(1000) / 10000);
  const absmax = nested
    ? Array.from(absmaxCodes, (code, i) => f(f(map[code] * outer[Math.floor(i / nestedBlock)]) + f(offset)))
    : [...plain];
  const state = {
    quant_type: type,
    blocksize: block,
    dtype: "bfloat16",
    shape: [rows, columns],
    ...(nested && { nested_blocksize: nestedBlock, nested_dtype: "float32", nested_offset: offset }),
  };
  const name = `${prefix}.weight`;
  return {
    rows,
    columns,
    tensors: [
      { name, dtype: "U8", shape: [bytes.length, 1], bytes },
      { name: `${name}.absmax`, dtype: nested ? "U8" : "F32", shape: [blocks], bytes: nested ? absmaxCodes : plain },
      { name: `${name}.quant_map`, dtype: "F32", shape: [16], bytes: Float32Array.from(levels) },
      ...(nested
        ? [
            { name: `${name}.nested_absmax`, dtype: "F32", shape: [outer.length], bytes: outer },
            { name: `${name}.nested_quant_map`, dtype: "F32", shape: [256], bytes: map },
          ]
        : []),
      {
        name: `${name}.quant_state.bitsandbytes__${type}`,
        dtype: "U8",
        shape: [JSON.stringify(state).length],
        bytes: new TextEncoder().encode(JSON.stringify(state)),
      },
    ],
    expected: filled(rows, columns, (i, j) =>
      f(levels[q[i * columns + j]] * absmax[Math.floor((i * columns + j) / block)]),
    ),
  };
}

export function bitsandbytes8(prefix: string, rows: number, columns: number, random: Random): Packed {
  const q = Int8Array.from({ length: rows * columns }, () => random(255) - 127);
  const scb = Float32Array.from({ length: rows }, () => random(1000) / 500 + 0.1);
  return {
    rows,
    columns,
    tensors: [
      { name: `${prefix}.weight`, dtype: "I8", shape: [rows, columns], bytes: q },
      { name: `${prefix}.SCB`, dtype: "F32", shape: [rows], bytes: scb },
      { name: `${prefix}.weight_format`, dtype: "U8", shape: [], bytes: Uint8Array.of(0) },
    ],
    expected: filled(rows, columns, (i, j) => f(q[i * columns + j] * f(scb[i] / 127))),
  };
}

/** `style`: compressed-tensors divides by its global scale, ModelOpt multiplies by its second one. */
export function nvfp4(
  prefix: string,
  style: "compressed-tensors" | "modelopt",
  rows: number,
  columns: number,
  random: Random,
): Packed {
  const q = codesOf(random, rows, columns, 16);
  const groups = columns / 16;
  const scale = Uint8Array.from({ length: rows * groups }, () => 0x30 + random(0x40));
  const second = f(0.0371);
  const packed = Uint8Array.from(
    { length: (rows * columns) / 2 },
    (_, i) => flat(q, 2 * i) | (flat(q, 2 * i + 1) << 4),
  );
  const whole = style === "modelopt" ? second : 1 / second;
  const codes = style === "modelopt" ? `${prefix}.weight` : `${prefix}.weight_packed`;
  return {
    rows,
    columns,
    tensors: [
      { name: codes, dtype: "U8", shape: [rows, columns / 2], bytes: packed },
      { name: `${prefix}.weight_scale`, dtype: "F8_E4M3", shape: [rows, groups], bytes: scale },
      {
        name: style === "modelopt" ? `${prefix}.weight_scale_2` : `${prefix}.weight_global_scale`,
        dtype: "F32",
        shape: style === "modelopt" ? [] : [1],
        bytes: Float32Array.of(second),
      },
      { name: `${prefix}.input_scale`, dtype: "F32", shape: [], bytes: Float32Array.of(1) },
    ],
    expected: filled(rows, columns, (i, j) => f(e2m1(q[i][j]) * f(e4m3(scale[i * groups + (j >> 4)]) * whole))),
  };
}

/** Four bits a value, the first in the low ones, and a power of two for 32 of them (`scale` for each 16 in E4M3). */
export function fourBits(
  names: { codes: string; dtype: "U8" | "I8" | "U32"; scales: string; scaleDtype: "U8" | "F8_E8M0" | "F8_E4M3" },
  rows: number,
  columns: number,
  group: 16 | 32,
  random: Random,
): Packed {
  const q = codesOf(random, rows, columns, 16);
  const groups = columns / group;
  const scale = Uint8Array.from({ length: rows * groups }, () => (group === 16 ? 0x30 : 110) + random(20));
  const scaleOf = (code: number): number => (group === 16 ? e4m3(code) : 2 ** (code - 127));
  const bytes = Uint8Array.from({ length: (rows * columns) / 2 }, (_, i) => flat(q, 2 * i) | (flat(q, 2 * i + 1) << 4));
  return {
    rows,
    columns,
    tensors: [
      { name: names.codes, dtype: names.dtype, shape: [rows, columns / (names.dtype === "U32" ? 8 : 2)], bytes },
      { name: names.scales, dtype: names.scaleDtype, shape: [rows, groups], bytes: scale },
    ],
    expected: filled(rows, columns, (i, j) => f(e2m1(q[i][j]) * scaleOf(scale[i * groups + Math.floor(j / group)]))),
  };
}

/** MLX's mxfp8: E4M3 codes, four a word, and a power of two for 32 of them. */
export function mlxFloat8(prefix: string, rows: number, columns: number, random: Random): Packed {
  const q = Uint8Array.from({ length: rows * columns }, () => random(0x7f) | (random(2) << 7));
  const groups = columns / 32;
  const scale = Uint8Array.from({ length: rows * groups }, () => 110 + random(20));
  return {
    rows,
    columns,
    tensors: [
      { name: `${prefix}.weight`, dtype: "U32", shape: [rows, columns / 4], bytes: q },
      { name: `${prefix}.scales`, dtype: "U8", shape: [rows, groups], bytes: scale },
    ],
    expected: filled(rows, columns, (i, j) => e4m3(q[i * columns + j]) * 2 ** (scale[i * groups + (j >> 5)] - 127)),
  };
}

/** Signed bytes with a scale for each row and, where there is one, a zero for each row. */
export function int8(
  names: { codes: string; scales: string; zeros?: string },
  rows: number,
  columns: number,
  random: Random,
): Packed {
  const q = Int8Array.from({ length: rows * columns }, () => random(256) - 128);
  const scale = Float32Array.from({ length: rows }, () => 0.001 + random(1000) / 1e6);
  const zero = Int8Array.from({ length: rows }, () => (names.zeros ? random(20) - 10 : 0));
  return {
    rows,
    columns,
    tensors: [
      { name: names.codes, dtype: "I8", shape: [rows, columns], bytes: q },
      { name: names.scales, dtype: "F32", shape: [rows, 1], bytes: scale },
      ...(names.zeros ? [{ name: names.zeros, dtype: "I8", shape: [rows, 1], bytes: zero }] : []),
    ],
    expected: filled(rows, columns, (i, j) => f((q[i * columns + j] - zero[i]) * scale[i])),
  };
}

const flat = (q: number[][], i: number): number => q[Math.floor(i / q[0].length)][i % q[0].length];

/** gpt-oss: experts × outputs × groups × 16 bytes; `expected` holds the experts one after the other. */
export function gptOss(prefix: string, experts: number, rows: number, columns: number, random: Random): Packed {
  const q = codesOf(random, experts * rows, columns, 16);
  const groups = columns / 32;
  const scale = Uint8Array.from({ length: experts * rows * groups }, () => 110 + random(20));
  return {
    rows,
    columns,
    tensors: [
      {
        name: `${prefix}_blocks`,
        dtype: "U8",
        shape: [experts, rows, groups, 16],
        bytes: Uint8Array.from(
          { length: (experts * rows * columns) / 2 },
          (_, i) => flat(q, 2 * i) | (flat(q, 2 * i + 1) << 4),
        ),
      },
      { name: `${prefix}_scales`, dtype: "U8", shape: [experts, rows, groups], bytes: scale },
    ],
    expected: filled(experts * rows, columns, (i, j) => e2m1(q[i][j]) * 2 ** (scale[i * groups + (j >> 5)] - 127)),
  };
}

/** FP8 codes with one scale for `blockRows` × `blockColumns`; `expected` in f32, rounded once. */
export function fp8(
  name: string,
  scaleName: string,
  shape: number[],
  scaleShape: number[],
  block: [number, number],
  random: Random,
  e8m0 = false,
  dtype = "F8_E4M3",
): Packed {
  const value = float8[dtype];
  const [rows, columns] = shape.slice(-2);
  const slices = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const codes = Uint8Array.from({ length: slices * rows * columns }, () => random(0x7f) | (random(2) << 7));
  const across = Math.ceil(columns / block[1]);
  const down = Math.ceil(rows / block[0]);
  const count = scaleShape.reduce((a, b) => a * b, 1);
  const shared = count === 1 && slices > 1;
  const bytes = e8m0
    ? Uint8Array.from({ length: count }, () => 120 + random(10))
    : Float32Array.from({ length: count }, () => 0.001 + random(1000) / 1e6);
  const scale = (i: number): number => (e8m0 ? 2 ** (bytes[i] - 127) : bytes[i]);
  return {
    rows,
    columns,
    tensors: [
      { name, dtype, shape, bytes: codes },
      { name: scaleName, dtype: e8m0 ? "F8_E8M0" : "F32", shape: scaleShape, bytes },
    ],
    expected: filled(slices * rows, columns, (i, j) => {
      const slice = shared ? 0 : Math.floor(i / rows);
      return f(
        value(codes[i * columns + j]) *
          scale((slice * down + Math.floor((i % rows) / block[0])) * across + Math.floor(j / block[1])),
      );
    }),
  };
}
