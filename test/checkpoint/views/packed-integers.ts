/** Integer codes with scales by group: AutoGPTQ's, AutoAWQ's, MLX's, compressed-tensors'. */
import { codesOf, f, filled, halves, type Packed, type Random, words } from "./packing.js";

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
