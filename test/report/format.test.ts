import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import {
  askedPercent,
  bytes,
  count,
  cut,
  decimals,
  figure,
  middle,
  padEnd,
  padStart,
  percent,
  probability,
  widthOf,
  withError,
} from "../../src/report/format.js";

describe("numbers for people", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [2506752, "2,506,752"],
  ])("count %d", (value, text) => expect(count(value)).toBe(text));
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1000, "1.0 kB"],
    [131072, "131 kB"],
    [5022280, "5.0 MB"],
    [999_950_000, "1.0 GB"],
  ])("bytes %d", (value, text) => expect(bytes(value)).toBe(text));
  it.each([
    [0, "0"],
    [13.3412, "13.34"],
    [5.2139, "5.214"],
    [0.01234567, "0.012"],
    [44.4217, "44.42"],
    [1234.56, "1235"],
    [123456, "123456"],
    [3.8e-5, "3.80e-5"],
    [1.5e9, "1.50e9"],
    [-2.5, "-2.500"],
    [NaN, "–"],
    [Infinity, "–"],
  ])("figure %d", (value, text) => expect(figure(value)).toBe(text));
  it.each([
    [1, "100"],
    [0.381, "38.1"],
    [0.0671, "6.71"],
    [0.0001, "0.010"],
    [0, "0.00"],
    [0.99999, "100"],
  ])("percent %d", (value, text) => expect(percent(value)).toBe(text));
  it.each([
    [0.9, "90"],
    [0.995, "99.5"],
    [0.29, "29"],
  ])("asked percent %d", (value, text) => expect(askedPercent(value)).toBe(text));
  it.each([
    [-0.01, "0.0"],
    [-1.25, "-1.3"],
    [0.04, "0.0"],
  ])("decimals %d", (value, text) => expect(decimals(value, 1)).toBe(text));
  it("an error decides the digits", () => {
    expect(withError(612.34, 6.3)).toBe("612±6");
    expect(withError(61.234, 0.42)).toBe("61.2±0.4");
    expect(withError(14.534, 0.0002)).toBe("14.53");
    expect(withError(61.234, 0)).toBe("61.23");
    expect(withError(12345.6, 0.3)).toBe("12346");
    expect(withError(12345.6, 210)).toBe("12346±210");
  });
  it("p is never 0", () => {
    expect([probability(0), probability(0.00023), probability(0.5432)]).toEqual(["< 0.0001", "= 0.0002", "= 0.54"]);
  });
});

describe("widths on the screen", () => {
  it("counts wide characters twice", () => {
    expect(middle("模型.layers.0.自注意力.q_proj", 16)).toBe("模型.la….q_proj");
    expect(padEnd("模型", 6)).toBe("模型  ");
    expect(padStart("模型", 6)).toBe("  模型");
    expect(cut("abcdef", 4)).toBe("abc…");
    expect(cut("abcdef", 6)).toBe("abcdef");
  });
  it("is string-width's, also of what is counted without it", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: fc.constantFrom(..." aZ~×–…±▪█░‖") }), fc.string({ unit: "binary" })),
        (text) => {
          expect(widthOf(text)).toBe(stringWidth(text));
        },
      ),
    );
  });
  it("is never exceeded, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(stringWidth(middle(text, width))).toBeLessThanOrEqual(width);
        expect(stringWidth(cut(text, width))).toBeLessThanOrEqual(width);
        if (stringWidth(text) <= width) expect(middle(text, width)).toBe(text);
      }),
    );
  });
});
