import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonError, JsonReader } from "../../../src/checkpoint/formats/json.js";
import { LiteralError, parseLiteral } from "../../../src/checkpoint/formats/python-literal.js";

const read = (text: string): unknown => {
  const reader = new JsonReader(text);
  const value = reader.value();
  reader.end();
  return value;
};

describe("JsonReader", () => {
  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: "medium" }), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("reads any string, escaped or not", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const escaped = [...text]
          .map((character) =>
            [...Array(character.length).keys()]
              .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`)
              .join(""),
          )
          .join("");
        expect(read(`"${escaped}"`)).toBe(text);
        expect(read(JSON.stringify(text))).toBe(text);
      }),
    );
  });

  it("refuses what JSON.parse refuses, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'{}[]",:\\/ \t\n0123456789.eE+-truefalsnbx\u0000\u00e9'), maxLength: 30 }),
        (text) => {
          let parsed: unknown;
          try {
            parsed = JSON.parse(text);
          } catch {
            return void expect(() => read(text)).toThrow(JsonError);
          }
          // What is out of range is Infinity to one and refused by the other: the test below.
          if (
            JSON.stringify(parsed, (_, value) => (value === Infinity || value === -Infinity ? "∞" : value)).includes(
              "∞",
            )
          )
            return void expect(() => read(text)).toThrow(JsonError);
          expect(read(text)).toEqual(parsed);
        },
      ),
      { numRuns: 1000, examples: [["9e798"], ["[1,-9e798]"]] },
    );
  });

  it("refuses half surrogate pairs, numbers out of range and too deep a nest, which JSON.parse takes", () => {
    for (const text of ['"\\ud800"', '"\\ud800\\u0041"', '"\\udc00"', "1e999", "[".repeat(128) + "]".repeat(128)]) {
      expect(() => JSON.parse(text)).not.toThrow();
      expect(() => read(text)).toThrow(JsonError);
    }
    expect(read("[".repeat(127) + "]".repeat(127))).toBeTruthy();
  });

  it("reads integers exactly where they are safe, and no other numbers as integers", () => {
    for (const value of [0, 1, 10, 2 ** 53 - 1]) expect(new JsonReader(` ${value}`).unsigned()).toBe(value);
    for (const value of [1n << 53n, (1n << 53n) + 1n, (1n << 64n) - 1n])
      expect(new JsonReader(String(value)).unsigned()).toBe(Infinity);
    for (const text of ["-1", "1.0", "1e3", "1E3", "-0", "01", "00", String(1n << 64n), "9".repeat(1000), "true", ""])
      expect(() => new JsonReader(text).unsigned()).toThrow(JsonError);
  });

  it("passes over what it is told to", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const reader = new JsonReader(`[${JSON.stringify(value)}, 7]`);
        let last = 0;
        reader.array((i) => {
          if (i === 0) reader.skip();
          else last = reader.unsigned();
        });
        expect(last).toBe(7);
      }),
    );
  });

  it("hands out equal keys one after the other", () => {
    const seen: string[] = [];
    const reader = new JsonReader('{"a":1,"a":2,"__proto__":3}');
    reader.object((key) => {
      seen.push(key);
      reader.value();
    });
    expect(seen).toEqual(["a", "a", "__proto__"]);
  });
});

describe("parseLiteral", () => {
  it("reads Python's dictionaries, tuples, strings and integers", () => {
    expect(parseLiteral("{'a': (1, 2L,), \"b\": [True, False, None], 'c': (), 'd': -7, }\n")).toEqual(
      new Map<string, unknown>([
        ["a", [1n, 2n]],
        ["b", [true, false, null]],
        ["c", []],
        ["d", -7n],
      ]),
    );
  });

  it("refuses all else", () => {
    for (const text of [
      "",
      "{",
      "(1 2)",
      "{'a' 1}",
      "{1: 2}",
      "{'a': 1, 'a': 2}",
      "1.5",
      "1e5",
      "0x10",
      "f()",
      "'a",
      "'\\n'",
      "'a' 'b'",
      "a",
      "1 +",
      "(,)",
      "--1",
      "9".repeat(31),
      "(".repeat(1000) + ")".repeat(1000),
    ])
      expect(() => parseLiteral(text)).toThrow(LiteralError);
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseLiteral(text);
        } catch (error) {
          expect(error).toBeInstanceOf(LiteralError);
        }
      }),
    );
  });
});
