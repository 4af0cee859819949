import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random, seedFor } from "../../src/base/random.js";

/** Blackman & Vigna's algorithm on 32-bit words as BigInt, beside the fast one. */
function reference(state: bigint[]): bigint {
  const mask = 0xffffffffn;
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
  const result = (rotate((state[1] * 5n) & mask, 7n) * 9n) & mask;
  const t = (state[1] << 9n) & mask;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= t;
  state[3] = rotate(state[3], 11n);
  return result;
}

describe("Random", () => {
  it("is xoshiro128**", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (seed) => {
        const random = new Random(seed);
        const inner = random as unknown as Record<"a" | "b" | "c" | "d", number>;
        const state = [inner.a, inner.b, inner.c, inner.d].map((word) => BigInt(word >>> 0));
        for (let i = 0; i < 50; i++) expect(BigInt(random.uint32())).toBe(reference(state));
      }),
      { numRuns: 50 },
    );
  });

  it("repeats itself, and differs from seed to seed, fractions and large seeds too", () => {
    const first = (seed: number) => {
      const random = new Random(seed);
      return [random.uint32(), random.uint32(), random.float(), random.normal()].join();
    };
    const seeds = [0, 1, 2, -1, 0.5, 1.5, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 1e300];
    expect(new Set(seeds.map(first)).size).toBe(seeds.length);
    for (const seed of seeds) expect(first(seed)).toBe(first(seed));
    expect(first(-0)).toBe(first(0));
  });

  it("has the moments of its distributions", () => {
    const random = new Random(7);
    const n = 200_000;
    const moments = (draw: () => number) => {
      const sums = [0, 0, 0, 0];
      for (let i = 0; i < n; i++) {
        const x = draw();
        sums[0] += x;
        sums[1] += x * x;
        sums[2] += x ** 3;
        sums[3] += x ** 4;
      }
      return sums.map((sum) => sum / n);
    };
    // Five standard errors of each mean.
    const near = (value: number, expected: number, deviation: number) =>
      expect(Math.abs(value - expected)).toBeLessThan((5 * deviation) / Math.sqrt(n));
    const normal = moments(() => random.normal());
    near(normal[0], 0, 1);
    near(normal[1], 1, Math.sqrt(2));
    near(normal[2], 0, Math.sqrt(15));
    near(normal[3], 3, Math.sqrt(96));
    const uniform = moments(() => random.float());
    near(uniform[0], 1 / 2, Math.sqrt(1 / 12));
    near(uniform[1], 1 / 3, Math.sqrt(4 / 45));
    near(moments(() => random.sign())[0], 0, 1);
  });

  it("draws below n evenly and permutes", () => {
    const random = new Random(3);
    const counts = new Float64Array(6);
    for (let i = 0; i < 60_000; i++) counts[random.below(6)]++;
    let chiSquare = 0;
    for (const count of counts) chiSquare += (count - 10_000) ** 2 / 10_000;
    expect(chiSquare).toBeLessThan(25.7); // p = 1e-4 at 5 degrees
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(4).join("");
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(170);
    expect(random.permutation(0).length).toBe(0);
    expect(random.below(1)).toBe(0);
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
  });
});

describe("seedFor", () => {
  it("depends on the seed and on every character of the name", () => {
    const names = [
      "",
      "a",
      "b",
      "ab",
      "ba",
      "aa",
      "model.layers.0.mlp.up_proj.weight",
      "model.layers.1.mlp.up_proj.weight",
      "\0",
      "\0\0",
      "é",
    ];
    const seeds = [0, 1, 2, 1.5, 2 ** 32];
    const all = seeds.flatMap((seed) => names.map((name) => seedFor(seed, name)));
    expect(new Set(all).size).toBe(all.length);
    for (const seed of all) expect(seed).toBe(seed >>> 0);
    expect(seedFor(1, "x")).toBe(seedFor(1, "x"));
  });
});
