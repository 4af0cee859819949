import { deflateRawSync } from "node:zlib";
import { npy, safetensorsOf } from "./files.js";
import { array, type Bytes, edges, mutated, pick, type Random, several } from "./fuzz-bytes.js";
import { zip } from "./zip-file.js";

const names = [
  "w",
  "a\u001b[2J",
  "\u202egpj.exe",
  "",
  "__proto__",
  "constructor",
  "__metadata__",
  "a/b",
  "\ud83e\udde0",
  "x".repeat(300),
];

export function speltSafetensors(random: Random): Bytes {
  const value = (depth: number): string =>
    pick(random, [
      () => String(pick(random, edges)),
      () => `-${random(9)}`,
      () => "1.5",
      () => "1e999",
      () => "null",
      () => "true",
      () => JSON.stringify(pick(random, names)),
      () => '"\\ud800"',
      () => "[".repeat(1 + random(300)),
      () => (depth > 3 ? "[]" : `[${several(random, 3, () => value(depth + 1)).join(",")}]`),
      () => (depth > 3 ? "{}" : `{"k":${value(depth + 1)}}`),
    ])();
  const length = () => (random(4) === 0 ? value(0) : String(random(5)));
  let offset = 0;
  const entry = () => {
    const shape = several(random, 3, length);
    const [dtype, size] = pick(random, [
      ["F32", 4],
      ["BF16", 2],
      ["U8", 1],
      ["F64", 8],
      ["F4", 0.5],
      ["F6_E3M2", 0.75],
      ["C64", 8],
      ["Q4_0", 1],
      ["F99", 1],
    ] as const);
    const count = shape.reduce((product, one) => product * Number(one), 1);
    const end = random(5) === 0 ? pick(random, edges) : offset + count * size;
    const begin = random(9) === 0 ? pick(random, edges) : offset;
    offset = Number.isSafeInteger(end) ? end : offset;
    const fields = [
      `"dtype":${random(9) === 0 ? value(0) : `"${dtype}"`}`,
      `"shape":${random(9) === 0 ? value(0) : `[${shape.join(",")}]`}`,
      `"data_offsets":${random(9) === 0 ? value(0) : `[${begin},${end}]`}`,
    ];
    if (random(9) === 0) fields.push(pick(random, fields));
    if (random(9) === 0) fields.pop();
    return `{${fields.join(",")}}`;
  };
  const pairs = several(
    random,
    4,
    () => `${JSON.stringify(pick(random, names))}:${random(9) === 0 ? value(0) : entry()}`,
  );
  const text = random(12) === 0 ? value(0) : `{${pairs.join(",")}}${pick(random, ["", " ", "\n\t", "x", "{}"])}`;
  return safetensorsOf(text, new Uint8Array(Math.min(4096, Math.max(0, random(6) === 0 ? random(64) : offset)) || 0));
}

export function speltGguf(random: Random): Bytes {
  const parts: number[] = [];
  const integer = (value: number | bigint, size: number) => {
    for (let i = 0, rest = BigInt.asUintN(64, BigInt(value)); i < size; i++, rest >>= 8n)
      parts.push(Number(rest & 255n));
  };
  const count = (honest: number) => integer(random(12) === 0 ? pick(random, edges) : honest, 8);
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    count(bytes.length);
    parts.push(...bytes);
  };
  const value = (type: number, depth: number): void => {
    if (type === 8) return text(pick(random, names));
    if (type === 9) {
      const element = depth > 5 ? 0 : random(14);
      const items = random(4);
      integer(element, 4);
      count(items);
      for (let i = 0; i < items; i++) value(element, depth + 1);
      return;
    }
    integer(pick(random, edges), [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][type] ?? random(9));
  };
  const pairs = random(4);
  const tensors = random(4);
  parts.push(...new TextEncoder().encode("GGUF"));
  integer(pick(random, [2, 3, 3, 3, 3, 1, 4, 0x03000000]), 4);
  count(tensors);
  count(pairs);
  for (let i = 0; i < pairs; i++) {
    const special = random(4) === 0;
    text(
      special
        ? pick(random, ["general.alignment", "split.count", "split.no", "split.tensors.count"])
        : `key${random(6)}`,
    );
    const type = special ? pick(random, [2, 4, 4, 5, 10]) : random(14);
    integer(type, 4);
    value(type, 0);
  }
  let offset = 0;
  for (let i = 0; i < tensors; i++) {
    text(`${pick(random, names)}${random(3)}`);
    const dimensions = random(8) === 0 ? random(7) : 1 + random(3);
    integer(dimensions, 4);
    const lengths = Array.from({ length: dimensions }, (_, j) =>
      random(12) === 0 ? pick(random, edges) : j === 0 ? pick(random, [1, 4, 32, 256]) : random(3),
    );
    for (const length of lengths) integer(length, 8);
    const type = random(42);
    integer(type, 4);
    integer(random(6) === 0 ? pick(random, edges) : offset, 8);
    offset += 32 * random(12);
  }
  return Uint8Array.from([...parts, ...new Uint8Array(random(2000))]);
}

/** Of npy's element types, in the way of its headers: known, unknown, absurd. */
// biome-ignore format: a list
const DESCRIPTIONS = [
  "<f4", ">f8", "|b1", "|u1", "<f2", "<i8", "|O", "<U5", "|S0", "|V2", "<c8", "<M8[ns]", "=f4", "<f999999999", "f4",
];

export function speltNpy(random: Random): Bytes {
  const literal = (depth: number): string =>
    pick(random, [
      () => String(pick(random, edges)),
      () => "-1",
      () => "True",
      () => "None",
      () => "1.5",
      () => "'<f4'",
      () => '"x"',
      () => "'\\x00'",
      () => "(".repeat(random(400)),
      () => (depth > 3 ? "()" : `(${several(random, 3, () => literal(depth + 1)).join(", ")},)`),
      () => (depth > 3 ? "{}" : `{'k': ${literal(depth + 1)}}`),
      () => "0x10",
      () => "__import__('os')",
    ])();
  const descr = random(6) === 0 ? literal(0) : `'${pick(random, DESCRIPTIONS)}'`;
  const shape =
    random(6) === 0
      ? literal(0)
      : `(${several(random, 4, () => (random(8) === 0 ? pick(random, edges) : random(4)))
          .map((length) => `${length},`)
          .join(" ")})`;
  const fields = [
    `'descr': ${descr}`,
    `'fortran_order': ${random(9) === 0 ? literal(0) : pick(random, ["True", "False"])}`,
    `'shape': ${shape}`,
  ];
  if (random(9) === 0) fields.push(pick(random, fields));
  return npy(
    random(12) === 0 ? literal(0) : `{${fields.join(", ")}, }`,
    new Uint8Array(random(300)),
    pick(random, [1, 1, 1, 1, 2, 3, 0, 9]),
  );
}

export function speltNpz(random: Random): Bytes {
  const members = several(random, 3, (i) => {
    const bytes: Bytes = random(3) === 0 ? speltNpy(random) : array;
    const deflated = random(2) === 0;
    const stored = deflated ? Uint8Array.from(deflateRawSync(bytes)) : bytes;
    return {
      name: pick(random, [`m${i}.npy`, `m${i}.npy`, "m.npy", "readme", "../../evil.npy", "\u202e.npy", "data.pkl"]),
      bytes: stored,
      method: deflated ? 8 : random(12) === 0 ? random(100) : 0,
      size: random(6) === 0 ? pick(random, edges) : bytes.length,
      flags: random(12) === 0 ? random(65536) : 0,
      crc: random(4) === 0 ? 7 : undefined,
      offset: random(9) === 0 ? pick(random, edges) : undefined,
    };
  });
  const whole = zip(members, { zip64: random(4) === 0, comment: random(4) === 0 ? "c".repeat(random(70)) : "" });
  return random(3) === 0 ? mutated(whole, random) : whole;
}
