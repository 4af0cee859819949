import type { BuiltTensor } from "../files.js";

/**
 * Weights packed as the formats' documentation says, one value at a time and with nothing of the reader's, beside what
 * they stand for: AutoGPTQ's, AutoAWQ's, MLX's, bitsandbytes', compressed-tensors', ModelOpt's and gpt-oss'.
 */
export interface Packed {
  tensors: BuiltTensor[];
  /** Row-major, rows the outputs. */
  expected: Float32Array;
  rows: number;
  columns: number;
}

const f = Math.fround;

/** A generator of whole numbers below `limit`. */
export function randomly(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
type Random = ReturnType<typeof randomly>;

export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Half-precision scales around 0.01, and their values. */
function halves(random: Random, count: number): { stored: Uint16Array; values: number[] } {
  const stored = Uint16Array.from({ length: count }, () => 0x2000 + random(0x800));
  return { stored, values: Array.from(stored, halfToNumber) };
}

export function e4m3(code: number): number {
  const sign = code & 0x80 ? -1 : 1;
  const exponent = (code >> 3) & 15;
  const fraction = code & 7;
  if ((code & 0x7f) === 0x7f) return NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10));
}

export const e2m1 = (code: number): number => (code & 8 ? -1 : 1) * [0, 0.5, 1, 1.5, 2, 3, 4, 6][code & 7];

/** A stream of codes of `bits` bits, lowest first, in words of 32; `whole` words hold whole codes only. */
export function words(codes: number[], bits: number, whole = false): Uint32Array {
  const each = whole ? Math.floor(32 / bits) : 0;
  const length = whole ? Math.ceil(codes.length / each) : Math.ceil((codes.length * bits) / 32);
  const packed = new Uint32Array(length);
  codes.forEach((code, i) => {
    for (let bit = 0; bit < bits; bit++) {
      const at = whole ? Math.floor(i / each) * 32 + (i % each) * bits + bit : i * bits + bit;
      if ((code >> bit) & 1) packed[at >> 5] |= 1 << (at & 31);
    }
  });
  return packed;
}

const filled = (rows: number, columns: number, value: (row: number, column: number) => number): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns));
const codesOf = (random: Random, rows: number, columns: number, limit: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => random(limit)));

export interface GptqOptions {
  bits: number;
  rows: number;
  columns: number;
  group: number;
  actOrder: boolean;
  zeros: boolean;
  version2?: boolean;
}

export function gptq(
  prefix: string,
  { bits, rows, columns, group, actOrder, zeros, version2 = false }: GptqOptions,
  random: Random,
): Packed {
  const groups = Math.ceil(columns / group);
  const q = codesOf(random, rows, columns, 2 ** bits);
  const zero = codesOf(random, groups, rows, 2 ** bits);
  const { stored, values } = halves(random, groups * rows);
  const groupOf = Int32Array.from({ length: columns }, (_, j) => (actOrder ? random(groups) : Math.floor(j / group)));
  const down = q.map((row) => words(row, bits));
  const length = down[0].length;
  const qweight = Uint32Array.from({ length: length * rows }, (_, i) => down[i % rows][Math.floor(i / rows)]);
  const qzeros = zero.flatMap((row) => [
    ...words(
      row.map((z) => (z - (version2 ? 0 : 1)) & (2 ** bits - 1)),
      bits,
    ),
  ]);
  return {
    rows,
    columns,
    tensors: [
      { name: `${prefix}.qweight`, dtype: "I32", shape: [length, rows], bytes: qweight },
      ...(zeros
        ? [
            {
              name: `${prefix}.qzeros`,
              dtype: "I32",
              shape: [groups, qzeros.length / groups],
              bytes: Uint32Array.from(qzeros),
            },
          ]
        : []),
      { name: `${prefix}.scales`, dtype: "F16", shape: [groups, rows], bytes: stored },
      ...(actOrder ? [{ name: `${prefix}.g_idx`, dtype: "I32", shape: [columns], bytes: groupOf }] : []),
    ],
    expected: filled(
      rows,
      columns,
      (i, j) => (q[i][j] - (zeros ? zero[groupOf[j]][i] : 2 ** (bits - 1))) * values[groupOf[j] * rows + i],
    ),
  };
}

export function awq(prefix: string, rows: number, columns: number, group: number, random: Random): Packed {
  const groups = columns / group;
  const q = codesOf(random, rows, columns, 16);
  const zero = codesOf(random, groups, rows, 16);
  const { stored, values } = halves(random, groups * rows);
  const order = [0, 2, 4, 6, 1, 3, 5, 7];
  const pack = (of: (output: number) => number): number[] =>
    Array.from({ length: rows / 8 }, (_, word) =>
      order.reduce((sum, place, nibble) => (sum | (of(8 * word + place) << (4 * nibble))) >>> 0, 0),
    );
  return {
    rows,
    columns,
    tensors: [
      {
        name: `${prefix}.qweight`,
        dtype: "I32",
        shape: [columns, rows / 8],
        bytes: Uint32Array.from(Array.from({ length: columns }, (_, j) => pack((output) => q[output][j])).flat()),
      },
      {
        name: `${prefix}.qzeros`,
        dtype: "I32",
        shape: [groups, rows / 8],
        bytes: Uint32Array.from(zero.flatMap((row) => pack((output) => row[output]))),
      },
      { name: `${prefix}.scales`, dtype: "F16", shape: [groups, rows], bytes: stored },
    ],
    expected: filled(
      rows,
      columns,
      (i, j) => (q[i][j] - zero[Math.floor(j / group)][i]) * values[Math.floor(j / group) * rows + i],
    ),
  };
}

export function mlx(prefix: string, bits: number, rows: number, groups: number, group: number, random: Random): Packed {
  const columns = groups * group;
  const q = codesOf(random, rows, columns, 2 ** bits);
  const scales = halves(random, rows * groups);
  const biases = halves(random, rows * groups);
  const packed = Uint32Array.from(q.flatMap((row) => [...words(row, bits)]));
  return {
    rows,
    columns,
    tensors: [
      { name: `${prefix}.weight`, dtype: "U32", shape: [rows, packed.length / rows], bytes: packed },
      { name: `${prefix}.scales`, dtype: "F16", shape: [rows, groups], bytes: scales.stored },
      { name: `${prefix}.biases`, dtype: "F16", shape: [rows, groups], bytes: biases.stored },
    ],
    expected: filled(rows, columns, (i, j) => {
      const at = i * groups + Math.floor(j / group);
      return f(f(q[i][j] * scales.values[at]) + biases.values[at]);
    }),
  };
}

/** NF4's levels: quantiles of a normal law, as the QLoRA paper's appendix E lists them. */
const NF4 = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
  -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
  0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
].map(f);

export function bitsandbytes4(
  prefix: string,
  rows: number,
  columns: number,
  block: number,
  nested: boolean,
  random: Random,
): Packed {
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
    quant_type: "nf4",
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
      { name: `${name}.quant_map`, dtype: "F32", shape: [16], bytes: Float32Array.from(NF4) },
      ...(nested
        ? [
            { name: `${name}.nested_absmax`, dtype: "F32", shape: [outer.length], bytes: outer },
            { name: `${name}.nested_quant_map`, dtype: "F32", shape: [256], bytes: map },
          ]
        : []),
      {
        name: `${name}.quant_state.bitsandbytes__nf4`,
        dtype: "U8",
        shape: [JSON.stringify(state).length],
        bytes: new TextEncoder().encode(JSON.stringify(state)),
      },
    ],
    expected: filled(rows, columns, (i, j) =>
      f(NF4[q[i * columns + j]] * absmax[Math.floor((i * columns + j) / block)]),
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

export function compressedTensors(
  prefix: string,
  bits: number,
  rows: number,
  columns: number,
  group: number,
  { zeros = false, order = false }: { zeros?: boolean; order?: boolean },
  random: Random,
): Packed {
  const half = 2 ** (bits - 1);
  const groups = Math.ceil(columns / group);
  const q = codesOf(random, rows, columns, 2 ** bits);
  const zero = codesOf(random, rows, groups, 2 ** bits);
  const { stored, values } = halves(random, rows * groups);
  const groupOf = Int32Array.from({ length: columns }, (_, j) => (order ? random(groups) : Math.floor(j / group)));
  const packed = Uint32Array.from(q.flatMap((row) => [...words(row, bits, true)]));
  const zeroWords = Array.from({ length: groups }, (_, g) =>
    words(
      zero.map((row) => row[g]),
      bits,
      true,
    ),
  );
  return {
    rows,
    columns,
    tensors: [
      { name: `${prefix}.weight_packed`, dtype: "I32", shape: [rows, packed.length / rows], bytes: packed },
      { name: `${prefix}.weight_scale`, dtype: "F16", shape: [rows, groups], bytes: stored },
      {
        name: `${prefix}.weight_shape`,
        dtype: "I64",
        shape: [2],
        bytes: BigInt64Array.of(BigInt(rows), BigInt(columns)),
      },
      ...(zeros
        ? [
            {
              name: `${prefix}.weight_zero_point`,
              dtype: "I32",
              shape: [zeroWords[0].length, groups],
              bytes: Uint32Array.from(
                { length: zeroWords[0].length * groups },
                (_, i) => zeroWords[i % groups][Math.floor(i / groups)],
              ),
            },
          ]
        : []),
      ...(order ? [{ name: `${prefix}.weight_g_idx`, dtype: "I32", shape: [columns], bytes: groupOf }] : []),
    ],
    expected: filled(
      rows,
      columns,
      (i, j) => (q[i][j] - (zeros ? zero[i][groupOf[j]] : half)) * values[i * groups + groupOf[j]],
    ),
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
): Packed {
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
      { name, dtype: "F8_E4M3", shape, bytes: codes },
      { name: scaleName, dtype: e8m0 ? "F8_E8M0" : "F32", shape: scaleShape, bytes },
    ],
    expected: filled(slices * rows, columns, (i, j) => {
      const slice = shared ? 0 : Math.floor(i / rows);
      return f(
        e4m3(codes[i * columns + j]) *
          scale((slice * down + Math.floor((i % rows) / block[0])) * across + Math.floor(j / block[1])),
      );
    }),
  };
}
