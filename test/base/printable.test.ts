import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable } from "../../src/base/printable.js";

describe("printable", () => {
  it("lets nothing through that a terminal would obey or a reader could not see", () => {
    expect(printable("a\x1b[31mred\x07\r\n\u202eevil\u2066\u200b\u{e0041}\u009b")).toBe(
      "a\\u{1b}[31mred\\u{7}\\u{d}\\u{a}\\u{202e}evil\\u{2066}\\u{200b}\\u{e0041}\\u{9b}",
    );
    expect(printable("\ud800x\u2028")).toBe("\\u{d800}x\\u{2028}");
    expect(printable("модель.层.0.weight é 🧠")).toBe("модель.层.0.weight é 🧠");
  });

  it("cuts what is long, between characters", () => {
    const cut = printable("x".repeat(1000));
    expect(cut).toMatch(/^x{95}…[0-9a-z]{1,7}…x{95}$/);
    expect(cut.length).toBeLessThanOrEqual(200);
    for (const odd of ["", "a"]) expect(printable(odd + "🧠".repeat(500))).toMatch(/^a?(🧠)+…[0-9a-z]{1,7}…(🧠)+$/u);
  });

  it("cuts different texts to different ones", () => {
    const long = (n: number): string => `${"a".repeat(300)}${n}${"b".repeat(300)}`;
    for (const limit of [24, 40, 80, 200])
      expect(new Set(Array.from({ length: 1000 }, (_, n) => printable(long(n), limit))).size).toBe(1000);
  });

  it("holds for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
