import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PackedValues } from "../../src/base/packed.js";

describe("packed values", () => {
  it("come back as they were given, in any order, whatever JSON they are", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 20 }), (values) => {
        const pack = new PackedValues();
        const places = values.map((value) => pack.add(value));
        for (const i of [...places.keys()].reverse())
          expect(JSON.stringify(pack.get(places[i]))).toBe(JSON.stringify(values[i]));
      }),
      { examples: [[[JSON.parse('{"__proto__":false}')]]] },
    );
  });

  it("keep every bit of a number, and lists longer than a piece of room", () => {
    const pack = new PackedValues();
    const odd = [-0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, NaN, Infinity];
    const long = Array.from({ length: 200_000 }, (_, i) => i / 3);
    const places = [odd, long, { a: 1, b: undefined, c: [1, "1", null] }].map((value) => pack.add(value));
    expect((pack.get(places[0]) as number[]).every((value, i) => Object.is(value, odd[i]))).toBe(true);
    expect(pack.get(places[1])).toEqual(long);
    expect(pack.get(places[2])).toEqual({ a: 1, c: [1, "1", null] });
  });

  it("are many", () => {
    const pack = new PackedValues();
    const places = Array.from({ length: 5000 }, (_, i) => pack.add({ i, name: `${i % 3}`, values: [i, i + 0.5] }));
    expect(pack.get(places[4321])).toEqual({ i: 4321, name: "1", values: [4321, 4321.5] });
  });
});
