import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeElements } from "../../../src/checkpoint/decode.js";
import { dataType } from "../../../src/checkpoint/dtypes.js";
import { openCheckpoint } from "../../../src/index.js";
import { data } from "../../support/data.js";
import { gguf } from "../files.js";
import { codebooks } from "../ggml-codebooks.js";
import { scalarTypes } from "../ggml-reference.js";

/** Bit patterns, with every NaN as one: its payload is the host's choice. */
function patterns(values: Float32Array): Uint32Array {
  return new Uint32Array(Float32Array.from(values, (value) => (Number.isNaN(value) ? NaN : value)).buffer);
}

describe("every GGML type, to the bit of the reference", async () => {
  const stored = await openCheckpoint(data("quantref/quantref.gguf"));
  const expected = await openCheckpoint(data("quantref/quantref.expected.safetensors"));
  it("25 of them", () => {
    expect(new Set(stored.tensors.map((tensor) => tensor.dtype)).size).toBe(25);
    expect(stored.tensors.length).toBe(expected.tensors.length);
  });
  it.each(stored.tensors.map((tensor) => tensor.name))("%s", async (name) => {
    const tensor = stored.tensors.find((one) => one.name === name)!;
    const reference = expected.tensors.find((one) => one.name === name)!;
    expect(tensor.shape).toEqual(reference.shape);
    const [rows] = tensor.shape;
    const ours = patterns(await stored.readRows(tensor, 0, rows));
    expect(ours).toEqual(patterns(await expected.readRows(reference, 0, rows)));
    // One row is the same row.
    expect(patterns(await stored.readRows(tensor, 2, 3))).toEqual(ours.slice(2 * tensor.shape[1], 3 * tensor.shape[1]));
  });
});

describe("every block type, any bits, against one value at a time", () => {
  it.each(Object.keys(scalarTypes))("%s", async (name) => {
    const { block, bytes, value } = scalarTypes[name];
    const length = fc
      .integer({ min: 0, max: 5 })
      .chain((blocks) => fc.uint8Array({ minLength: blocks * bytes, maxLength: blocks * bytes }));
    await fc.assert(
      fc.asyncProperty(length, async (stored) => {
        const blocks = stored.length / bytes;
        const expected = Float32Array.from({ length: blocks * block }, (_, i) =>
          value(new DataView(stored.buffer, stored.byteOffset + Math.floor(i / block) * bytes, bytes), i % block),
        );
        expect(patterns(await decodeElements(dataType(name)!, stored, blocks * block))).toEqual(patterns(expected));
      }),
      { numRuns: 25 },
    );
  });

  it("codebooks hold as many points as their indices name", () => {
    expect(Object.values(codebooks).map((points) => points.length)).toEqual([256, 512, 1024, 2048, 256, 512]);
  });
});

describe("types the reference file does not hold", () => {
  it("Q8_1 and Q8_K are d·q", async () => {
    const q = Int8Array.from({ length: 256 }, (_, i) => i - 128);
    const q8_1 = new Uint8Array(36);
    q8_1.set([0x00, 0x38, 0xff, 0x7b]);
    q8_1.set(new Uint8Array(q.buffer, 100, 32), 4);
    expect([...(await decodeElements(dataType("Q8_1")!, q8_1, 32))]).toEqual(
      [...q.subarray(100, 132)].map((value) => value * 0.5),
    );
    const q8_k = new Uint8Array(292);
    q8_k.set(new Uint8Array(new Float32Array([-0.1]).buffer));
    q8_k.set(new Uint8Array(q.buffer), 4);
    expect([...(await decodeElements(dataType("Q8_K")!, q8_k, 256))]).toEqual(
      [...q].map((value) => Math.fround(Math.fround(-0.1) * value)),
    );
  });
});

describe("narrow floats", () => {
  /** sign · 2^(exponent - bias) · 1.fraction, or the subnormal. */
  const minifloat = (pattern: number, exponentBits: number, fractionBits: number, bias: number) => {
    const sign = pattern >> (exponentBits + fractionBits) ? -1 : 1;
    const exponent = (pattern >> fractionBits) & (2 ** exponentBits - 1);
    const fraction = (pattern & (2 ** fractionBits - 1)) / 2 ** fractionBits;
    return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
  };
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);

  it("of eight bits, every pattern", async () => {
    const e8m0 = await decodeElements(dataType("F8_E8M0")!, all, 256);
    expect([...e8m0]).toEqual([...all].map((x) => (x === 255 ? NaN : 2 ** (x - 127))));
    const e4m3 = await decodeElements(dataType("F8_E4M3FNUZ")!, all, 256);
    expect([...e4m3]).toEqual([...all].map((x) => (x === 128 ? NaN : minifloat(x, 4, 3, 8))));
    const e5m2 = await decodeElements(dataType("F8_E5M2FNUZ")!, all, 256);
    expect([...e5m2]).toEqual([...all].map((x) => (x === 128 ? NaN : minifloat(x, 5, 2, 16))));
  });

  it("of six bits, four in three bytes", async () => {
    for (const [name, exponentBits, fractionBits, bias] of [
      ["F6_E2M3", 2, 3, 1],
      ["F6_E3M2", 3, 2, 3],
    ] as const) {
      const packed = new Uint8Array(48);
      for (let i = 0; i < 64; i++)
        for (let bit = 0; bit < 6; bit++) if ((i >> bit) & 1) packed[(6 * i + bit) >> 3] |= 1 << ((6 * i + bit) & 7);
      expect([...(await decodeElements(dataType(name)!, packed, 64))]).toEqual(
        Array.from({ length: 64 }, (_, i) => minifloat(i, exponentBits, fractionBits, bias)),
      );
    }
  });

  it("of four bits, two in a byte", async () => {
    const packed = Uint8Array.from({ length: 8 }, (_, i) => (2 * i) | ((2 * i + 1) << 4));
    expect([...(await decodeElements(dataType("F4")!, packed, 16))]).toEqual([
      0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6,
    ]);
  });
});

describe("large reads", () => {
  it("are decoded in pieces without a seam", async () => {
    const blocks = 5000;
    const bytes = new Uint8Array(blocks * 34);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < blocks; i++) {
      view.setUint16(34 * i, 0x3c00, true);
      for (let j = 0; j < 32; j++) view.setInt8(34 * i + 2 + j, (((i * 32 + j) * 7) % 256) - 128);
    }
    const checkpoint = await openCheckpoint(gguf([], [{ name: "q", type: 8, dimensions: [32 * 50, 100], bytes }]));
    const values = await checkpoint.readRows(checkpoint.tensors[0], 0, 100);
    for (let i = 0; i < values.length; i++)
      if (values[i] !== ((i * 7) % 256) - 128) throw new Error(`element ${i} is ${values[i]}`);
    expect(values.length).toBe(160_000);
  });
});
