import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compress } from "../../src/compress/compress.js";
import type { CompressOptions } from "../../src/compress/contract.js";
import { safetensors } from "../checkpoint/files.js";
import { headerOf, taken } from "./files.js";

/** 4 in the corner and zeros: σ = 4, both sides 2 in their first place. */
const corner = new Float32Array(40 * 4);
corner[0] = 4;
const NORM = Buffer.from("003c0040", "hex");
const source = Buffer.from(
  safetensors(
    [
      { name: "layers.0.up.weight", dtype: "F32", shape: [40, 4], bytes: corner },
      { name: "norm.weight", dtype: "F16", shape: [2], bytes: NORM },
    ],
    { format: "pt" },
  ),
);
/** The source's JSON, verbatim. */
const original = headerOf(source).subarray(8);

/** A file of layout 1 by hand: tensors with their shapes and bytes in hexadecimal. */
function file(entry: string, tensors: [name: string, dtype: string, shape: number[], bytes: Buffer][]): Buffer {
  const metadata = {
    format: "pt",
    "weightscope.layout": "1",
    "weightscope.source": createHash("sha256").update(source).digest("hex"),
    "weightscope.tensors": `{"layers.0.up.weight":${entry}}`,
  };
  let at = 0;
  const listed = tensors.map(([name, dtype, shape, bytes]) => {
    at += bytes.length;
    return `"${name}":{"dtype":"${dtype}","shape":[${shape.join()}],"data_offsets":[${at - bytes.length},${at}]}`;
  });
  const text = `{"__metadata__":${JSON.stringify(metadata)},${listed.join()}}`;
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...tensors.map(([, , , bytes]) => bytes)]);
}

const made = async (options: CompressOptions): Promise<Buffer> =>
  (await taken(compress(source, { keep: { rank: 1 }, ...options }))).files[0].bytes;
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const left = "layers.0.up.weight.left";
const right = "layers.0.up.weight.right";
const verbatim: [string, string, number[], Buffer] = ["weightscope.header", "U8", [original.length], original];

describe("layout 1, byte for byte", () => {
  it("factors in f32: larger types first, then by name", async () => {
    const side = (count: number): Buffer => hex(`00000040${"00000080".repeat(count - 1)}`);
    const entry = `{"bits":32,"dtype":"F32","method":"singular","rank":1,"shape":[40,4],"transposed":false}`;
    const expected = file(entry, [
      [left, "F32", [40, 1], side(40)],
      [right, "F32", [1, 4], side(4)],
      ["norm.weight", "F16", [2], NORM],
      verbatim,
    ]);
    const found = await made({});
    // The sign of a zero says nothing: it is the sign that the other factor was given.
    expect(found.length).toBe(expected.length);
    expect(headerOf(found).toString()).toBe(headerOf(expected).toString());
    const start = headerOf(found).length;
    const values = (bytes: Buffer): number[] =>
      Array.from({ length: 44 }, (_, i) => Math.abs(bytes.readFloatLE(start + 4 * i)));
    expect(values(found)).toEqual(values(expected));
    expect(found.subarray(start + 176).equals(expected.subarray(start + 176))).toBe(true);
  });

  it("8 bits: left transposed, a scale of 2/127 for the first block, 0 for one of zeros", async () => {
    const entry = `{"bits":8,"dtype":"F32","method":"singular","rank":1,"shape":[40,4],"transposed":false}`;
    const expected = file(entry, [
      [`${left}.scales`, "F16", [1, 2], hex("08240000")],
      [`${right}.scales`, "F16", [1, 1], hex("0824")],
      ["norm.weight", "F16", [2], NORM],
      [left, "I8", [1, 40], hex(`7f${"00".repeat(39)}`)],
      [right, "I8", [1, 4], hex("7f000000")],
      verbatim,
    ]);
    expect((await made({ factors: "q8" })).toString("latin1")).toBe(expected.toString("latin1"));
  });

  it("4 bits: low nibble first, offset 8, the scale the largest value over -8, of zeros -0", async () => {
    const entry = `{"bits":4,"dtype":"F32","method":"singular","rank":1,"shape":[40,4],"transposed":false}`;
    const expected = file(entry, [
      [`${left}.scales`, "F16", [1, 2], hex("00b40080")],
      [`${right}.scales`, "F16", [1, 1], hex("00b4")],
      ["norm.weight", "F16", [2], NORM],
      [left, "U8", [1, 20], hex(`80${"88".repeat(19)}`)],
      [right, "U8", [1, 2], hex("8088")],
      verbatim,
    ]);
    expect((await made({ factors: "q4" })).toString("latin1")).toBe(expected.toString("latin1"));
  });

  it("Gaussians in a path's order: amplitudes, and the order as I32", async () => {
    const found = await made({ method: "gaussian", keep: { gaussians: 2 }, order: "path" });
    const { __metadata__, ...tensors } = JSON.parse(headerOf(found).subarray(8).toString()) as Record<string, unknown>;
    expect(__metadata__).toMatchObject({
      "weightscope.tensors":
        '{"layers.0.up.weight":{"K":2,"bits":32,"dtype":"F32","method":"gaussian","shape":[40,4],' +
        '"transposed":false,"width":0.5}}',
    });
    expect(Object.entries(tensors)).toEqual([
      ["layers.0.up.weight.amplitudes", { dtype: "F32", shape: [40, 2], data_offsets: [0, 320] }],
      ["layers.0.up.weight.order", { dtype: "I32", shape: [4], data_offsets: [320, 336] }],
      ["norm.weight", { dtype: "F16", shape: [2], data_offsets: [336, 340] }],
      ["weightscope.header", { dtype: "U8", shape: [original.length], data_offsets: [340, 340 + original.length] }],
    ]);
    const at = headerOf(found).length + 320;
    expect(Array.from({ length: 4 }, (_, j) => found.readInt32LE(at + 4 * j)).sort()).toEqual([0, 1, 2, 3]);
  });
});
