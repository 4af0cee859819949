import type { Matrix, SparseMatrix } from "weightscope";
import type { Random } from "../../src/base/random.js";
import { concatenate, gguf, npy, safetensors } from "../checkpoint/files.js";

/** An input with a name that says how it was drawn. */
export interface Drawn<T> {
  name: string;
  value: T;
}

export const pick = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)];
export const within = (random: Random, low: number, high: number): number => low + (high - low) * random.float();
/** An option that is given one time in three. */
export const maybe = <K extends string, T>(random: Random, key: K, value: T): { [P in K]?: T } =>
  random.below(3) === 0 ? ({ [key]: value } as { [P in K]?: T }) : {};

/** Sides at which something is padded, split or rounded. */
const sides = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 50, 63, 64, 65, 100, 127, 129, 200, 257, 513, 700];
const scales = [1e-30, 1e-20, 1e-12, 1e-9, 1e-6, 1e-3, 0.02, 1, 1, 1, 1e3, 1e6, 1e9, 1e12, 1e18, 1e25];
/** In units of the spread. */
const offsets = [0, 0, 0, 0, 1, -1, 30, 1e3, -1e4, 1e6];

/** Values of one matrix by row and column, spread about 1. */
const draws: Record<string, (random: Random, columns: number) => (row: number, column: number) => number> = {
  normal: (random) => () => random.normal(),
  uniform: (random) => () => 2 * random.float() - 1,
  "heavy-tailed": (random) => () => random.normal() / (random.float() + 0.01),
  "with large rows": (random) => (row) => random.normal() * (row % 16 === 3 ? 30 : 1),
  "with one large column": (random) => (_, column) => random.normal() * (column === 0 ? 100 : 1),
  constant: () => () => 1,
  "mostly zero": (random) => () => (random.below(10) === 0 ? random.normal() : 0),
  whole: (random) => () => random.below(7) - 3,
  "of low rank": (random, columns) => {
    const left: number[] = [];
    const right = Array.from({ length: columns }, () => random.normal());
    return (row, column) => (left[row] ??= random.normal()) * right[column] + random.normal() / 1024;
  },
  smooth: (random) => (row, column) =>
    1 / (1 + ((column - 3 * row) / 9) * ((column - 3 * row) / 9)) + random.normal() / 64,
  "with a zero row": (random) => (row) => (row === 0 ? 0 : random.normal()),
  "not all finite": (random) => () =>
    random.below(50) === 0 ? pick(random, [NaN, Infinity, -Infinity]) : random.normal(),
};

function values(random: Random, rows: number, columns: number): Drawn<Float64Array> {
  const kind = pick(random, Object.keys(draws));
  const scale = pick(random, scales);
  const offset = pick(random, offsets);
  const draw = draws[kind](random, columns);
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) data[i * columns + j] = scale * (offset + draw(i, j));
  return { name: `${rows} × ${columns} ${kind} (${offset} ± 1) · ${scale}`, value: data };
}

/** A shape of at most `cells` cells, one side now and then long. */
function shape(random: Random, cells: number, widest = 700): [rows: number, columns: number] {
  const columns = Math.min(pick(random, sides), widest);
  return [Math.max(1, Math.min(pick(random, sides), Math.floor(cells / columns))), columns];
}

export function drawnMatrix(random: Random, cells: number, widest?: number): Drawn<Matrix> {
  const [rows, columns] = shape(random, cells, widest);
  const { name, value } = values(random, rows, columns);
  const double = random.below(3) === 0;
  return {
    name: `${name}${double ? ", f64" : ""}`,
    value: { rows, columns, data: double ? value : Float32Array.from(value) },
  };
}

export function drawnSparse(random: Random): Drawn<SparseMatrix> {
  const [rows, columns] = shape(random, 40_000);
  const { name, value } = values(random, rows, columns);
  const kept = 2 + random.below(20);
  const offsets = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const found: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (random.below(kept) !== 0) continue;
      indices.push(j);
      found.push(value[i * columns + j]);
    }
    offsets[i + 1] = indices.length;
  }
  return {
    name: `${name}, one in ${kept} kept`,
    value: { rows, columns, offsets, indices: Uint32Array.from(indices), values: Float64Array.from(found) },
  };
}

type Bytes = Uint8Array<ArrayBuffer>;

const bits = (random: Random, length: number): Bytes => Uint8Array.from({ length }, () => random.below(256));
const upperHalves = (data: Float64Array): Uint16Array =>
  Uint16Array.from(new Uint32Array(Float32Array.from(data).buffer), (word) => word >>> 16);

const tensorNames = [
  "model.layers.0.self_attn.q_proj.weight",
  "model.layers.1.mlp.up_proj.weight",
  "h.2.attn.c_attn.weight",
  "transformer.wte.weight",
  "w",
  "lm_head.weight",
  "é.\u202e",
];
/** GGUF's number of a type → its name, elements and bytes of a block, and where the f16 scales in it lie. */
const blocks: Record<number, [name: string, elements: number, bytes: number, scales: number[]]> = {
  2: ["Q4_0", 32, 18, [0]],
  8: ["Q8_0", 32, 34, [0]],
  10: ["Q2_K", 256, 84, [80, 82]],
  11: ["Q3_K", 256, 110, [108]],
  12: ["Q4_K", 256, 144, [0, 2]],
  13: ["Q5_K", 256, 176, [0, 2]],
  14: ["Q6_K", 256, 210, [208]],
};

function stored(random: Random, name: string, whole: boolean): Drawn<Parameters<typeof safetensors>[0][number]> {
  const [rows, columns] = shape(random, whole ? 2_000 : 12_000);
  const drawn = values(random, rows, columns);
  const dtype = pick(random, ["F32", "F64", "BF16", "F16", "F8_E4M3", "F8_E5M2"]);
  const size: Record<string, number> = { F16: 2, F8_E4M3: 1, F8_E5M2: 1, F32: 4, F64: 8, BF16: 2 };
  const made: Record<string, () => ArrayBufferView> = {
    F32: () => Float32Array.from(drawn.value),
    F64: () => drawn.value,
    BF16: () => upperHalves(drawn.value),
  };
  // Types that no typed array holds, and every type where all bits are to be seen, get random ones.
  const bytes = whole || !made[dtype] ? bits(random, rows * columns * size[dtype]) : made[dtype]();
  return { name: `${dtype} ${drawn.name}`, value: { name, dtype, shape: [rows, columns], bytes } };
}

function quantised(random: Random): Drawn<Bytes> {
  const type = Number(pick(random, Object.keys(blocks)));
  const [name, elements, size, scaleAt] = blocks[type];
  const across = 1 + random.below(4);
  const rows = 1 + random.below(40);
  const block = (): Bytes => {
    const made = bits(random, size);
    // Random scales would mostly be huge or NaN: kept below 2.
    for (const at of scaleAt) made[at + 1] &= 0xbf;
    return made;
  };
  const bytes = concatenate(Array.from({ length: across * rows }, block));
  return {
    name: `GGUF ${name} ${rows} × ${across * elements}`,
    value: gguf(
      [["general.architecture", 8, "llama"]],
      [{ name: "blk.0.ffn_up.weight", type, dimensions: [across * elements, rows], bytes }],
    ),
  };
}

function array(random: Random): Drawn<Bytes> {
  const [rows, columns] = shape(random, 8_000);
  const { name, value } = values(random, rows, columns);
  const order = pick(random, ["True", "False"]);
  const type = pick(random, ["<f4", "<f8", ">f4", ">f8"]);
  const bytes = new Uint8Array(type[2] === "4" ? Float32Array.from(value).buffer : value.slice().buffer);
  const size = Number(type[2]);
  if (type[0] === ">") for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return {
    name: `npy ${type}, Fortran order ${order}, ${name}`,
    value: npy(`{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${rows}, ${columns}), }`, bytes),
  };
}

/** A checkpoint; `whole` has all bits of every type in it. */
export function drawnCheckpoint(random: Random, whole = false): Drawn<Bytes> {
  const format = random.below(5);
  if (format === 0) return quantised(random);
  if (format === 1) return array(random);
  const order = random.permutation(tensorNames.length).subarray(0, 1 + random.below(3));
  const tensors = Array.from(order, (at) => stored(random, tensorNames[at], whole));
  return { name: tensors.map(({ name }) => name).join(" and "), value: safetensors(tensors.map(({ value }) => value)) };
}

/** Text of drawn words, some of them awkward, or tokens. */
export function drawnText(random: Random): Drawn<string | Uint32Array> {
  const length = pick(random, [3, 20, 300, 3000]);
  const types = pick(random, [2, 5, 50, 400]);
  const rank = (): number => Math.floor(random.float() * random.float() * types);
  if (random.below(4) === 0) return { name: `${length} tokens of ${types}`, value: Uint32Array.from({ length }, rank) };
  const odd = ["İstanbul", "don’t", "e\u0301te\u0301", "ﬁn", "ΌΣΟΣ", "漢字", "\u{1F9E0}", "a\u200db", "ß", "2²"];
  const word = (k: number): string => (k % 9 === 4 ? odd[k % odd.length] : `w${"aeiou"[k % 5]}${k}`);
  const separators = [" ", " ", " ", ", ", "\n", "\r\n", " — ", "\u2028"];
  let text = "";
  for (let t = 0; t < length; t++) text += word(rank()) + pick(random, separators);
  return { name: `${length} words of ${types}`, value: text };
}
