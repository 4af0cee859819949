import { describe, expect, it } from "vitest";
import { bitsOf, hashOfText } from "./hash.js";

describe("the conformance suite's hash", () => {
  it("is FNV-1a: the published test vectors", () => {
    expect(hashOfText("")).toBe("cbf29ce484222325");
    expect(hashOfText("a")).toBe("af63dc4c8601ec8c");
    expect(hashOfText("foobar")).toBe("85944171f73967e8");
  });

  it("sees every bit", () => {
    const quiet = new Float32Array(new Uint32Array([0x7fc00000]).buffer);
    const signed = new Float32Array(new Uint32Array([0xffc00000]).buffer);
    const different = [
      0,
      -0,
      1,
      "1",
      null,
      undefined,
      [1],
      [[1]],
      { a: 1 },
      { b: 1 },
      [1, 2],
      [12],
      Float32Array.of(1),
      Float64Array.of(1),
      quiet,
      signed,
      ["ab", "c"],
      ["a", "bc"],
    ];
    expect(new Set(different.map(bitsOf)).size).toBe(different.length);
  });

  it("knows no order of keys", () => {
    expect(bitsOf({ a: 1, b: [2, "x"] })).toBe(bitsOf({ b: [2, "x"], a: 1 }));
  });
});
