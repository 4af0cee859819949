import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable } from "../../src/base/printable.js";
import { distinctCuts, printableNameOf, printableNames, toldApart } from "../../src/report/distinct.js";
import { widthOf } from "../../src/report/format.js";
import { expectDistinct, names } from "./name-sets.js";

describe("names that stand together", () => {
  it("cut to any width stay different ones, within it", () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 12, max: 60 }), (all, width) => {
        const printed = toldApart(all.map((name) => ({ name, text: name })));
        const cuts = [...distinctCuts(printed, width).values()];
        expectDistinct(cuts);
        for (const cut of cuts) expect(widthOf(cut), cut).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("are each called what all are called together", () => {
    fc.assert(
      fc.property(names, (all) => {
        const named = [...new Set(all)].map((name) => ({ name }));
        expect(named.map(printableNameOf(named))).toEqual(printableNames(named));
      }),
    );
    // Alike where they are cut, but for what a checksum of 32 bits says; and one that spells what another is.
    const named = ["a\u200b", "a\\u{200b}", "x".repeat(300), "plain"].map((name) => ({ name }));
    const shown = named.map(printableNameOf(named));
    expectDistinct(shown);
    expect(shown[3]).toBe("plain");
    expect(shown[2]).toBe(printable("x".repeat(300)));
  });

  it("show where they part", () => {
    const layers = [10, 11, 12].map((n) => `model.layers.${n}.self_attn.q_proj`);
    expect([...distinctCuts(layers, 16).values()]).toEqual([
      "…10.self_attn.q…",
      "…11.self_attn.q…",
      "…12.self_attn.q…",
    ]);
    expect(
      toldApart([
        { name: "a.weight", text: "a" },
        { name: "a", text: "a" },
        { name: "b.weight", text: "b" },
      ]),
    ).toEqual(["a.weight", "a", "b"]);
  });

  it("of many that begin and end alike take time by their number", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `${"x".repeat(150)}${i}${"y".repeat(150)}`);
    expectDistinct(toldApart(many.map((name) => ({ name, text: name.slice(0, 10), whole: name.slice(0, 20) }))));
    expectDistinct([...distinctCuts(many, 20).values()]);
  });
});
