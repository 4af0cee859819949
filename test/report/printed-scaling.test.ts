import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { painter } from "../../src/report/layout.js";
import { scalingCsv, scalingMarkdown, scalingTableText } from "../../src/report/scaling.js";
import { scalingViews } from "../../src/report/scaling-views.js";
import type { ScalingRow } from "../../src/scaling/row.js";
import { SCALING_TABLES, type ScalingTable } from "../../src/scaling/tables.js";
import {
  type Expected,
  expectCells,
  expectExact,
  markdownTables,
  positive,
  shares,
  signed,
  textCells,
} from "./printed.js";

const counts = fc.integer({ min: 1, max: 10_000_000 });
/** Every figure that any table has, each null at times; published ones are short, as in print. */
const figures = fc.record({
  published: fc.option(fc.integer({ min: -9999, max: 9999 }).map((value) => value / 100)),
  measured: fc.option(fc.oneof(signed, fc.double({ min: -2, max: 2, noNaN: true }))),
  agrees: fc.option(fc.boolean()),
  width: counts,
  layers: counts,
  gaussians: counts,
  amplitudes: fc.option(counts),
  energy: fc.option(shares),
  columns: counts,
  rows: counts,
  noiseLaw: fc.option(positive),
  parameters: fc.option(counts),
  normPerParameter: fc.option(positive),
  evenNorm: fc.option(positive),
  n: counts,
  standardDeviation: fc.option(positive),
  p: fc.option(shares),
  noise: fc.option(shares),
  lower: fc.option(signed),
  upper: fc.option(signed),
  compression: fc.option(positive),
  permuted: fc.option(shares),
  svd: fc.option(shares),
  structured: fc.option(counts),
  matrices: counts,
  shuffled: fc.option(shares),
  shuffledDeviation: shares,
  vocabulary: counts,
  tokens: counts,
});
type Figures = ReturnType<typeof figures.generate>["value"];
const rowOf = (given: Figures, more: Record<string, string | number | null> = {}): ScalingRow => ({
  ...given,
  key: "norm",
  model: "XL",
  layer: 3,
  quantity: "mean",
  rule: "K = d/16",
  method: "uniform basis",
  source: "text",
  checkpoint: "model",
  matrix: "name",
  budget: 0.125,
  note: "",
  ...more,
});

const agreed = ({ agrees }: Figures): Expected => (agrees === null ? undefined : agrees ? "yes" : "no");
const some = (value: number | null, times = 1): Expected => (value === null ? undefined : value * times);

/** What the cells of a table say of one row's figures, after its first cell. */
const expected: Record<Exclude<ScalingTable, "transition" | "fit" | "order">, (one: Figures) => Expected[]> = {
  compression: (one) => [
    one.width,
    one.layers,
    one.gaussians,
    some(one.amplitudes),
    some(one.published),
    some(one.measured),
    agreed(one),
    some(one.energy, 100),
  ],
  norms: (one) => [
    some(one.parameters),
    some(one.published),
    some(one.measured),
    agreed(one),
    some(one.normPerParameter),
    some(one.evenNorm),
  ],
  amplitude: (one) => [
    one.n,
    some(one.published),
    some(one.measured),
    some(one.standardDeviation ?? one.p),
    undefined,
    agreed(one),
    some(one.noise),
  ],
  rules: (one) => [
    some(one.compression),
    some(one.published),
    some(one.measured),
    agreed(one),
    some(one.noise),
    some(one.permuted, 100),
    some(one.svd, 100),
    undefined,
  ],
};
/** Cells that are two figures, looked at by themselves. */
const APART: Partial<Record<ScalingTable, number>> = { amplitude: 5, rules: 8 };

describe("figures of the paper's tables", () => {
  it.each(Object.keys(expected) as (keyof typeof expected)[])("%s: cells are the rows' figures", (table) => {
    fc.assert(
      fc.property(figures, (one) => {
        const [cells] = scalingViews[table]([rowOf(one)]).rows;
        const bare = cells.slice(1).map((cell, i) => (i + 1 === APART[table] ? "" : cell.replace(/^(± |p = )/, "")));
        expectCells(bare, expected[table](one));
        const apart = cells[APART[table] ?? -1];
        if (table === "rules")
          expectCells(
            apart === "" ? [] : apart.split(" of "),
            one.structured === null ? [] : [one.structured, one.matrices],
          );
        if (table === "amplitude")
          expectCells(
            apart === "" ? [] : apart.split(" … "),
            one.lower === null || one.upper === null ? [] : [one.lower, one.upper],
          );
      }),
    );
  });

  it("rules: an energy is a percentage", () => {
    fc.assert(
      fc.property(shares, shares, figures, (measured, noise, one) => {
        const [cells] = scalingViews.rules([rowOf({ ...one, measured, noise }, { key: "energy" })]).rows;
        expectCells([cells[3], cells[5]], [measured * 100, noise * 100]);
      }),
    );
  });

  it("fit: three methods of one case side by side", () => {
    fc.assert(
      fc.property(figures, shares, shares, shares, (one, uniform, even, pursuit) => {
        const rows = [
          rowOf({ ...one, measured: uniform }, { method: "uniform basis" }),
          rowOf({ ...one, measured: even }, { method: "free, even start" }),
          rowOf({ ...one, measured: pursuit }, { method: "free, pursuit" }),
        ];
        const [cells] = scalingViews.fit(rows).rows;
        expect(cells[0]).toBe(`${one.columns}, K = ${one.gaussians}`);
        const law = some(one.noiseLaw);
        expectCells(cells.slice(1), [one.rows, some(one.published), law, uniform, law, even, agreed(one), pursuit]);
      }),
    );
  });

  it("order: methods beside their chance", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(shares, shares), { minLength: 4, maxLength: 4 }), figures, (pairs, one) => {
        const rows = ["stored", "leading", "path", "singular"].map((method, i) =>
          rowOf({ ...one, measured: pairs[i][0], shuffled: pairs[i][1] }, { method, matrix: null, budget: 1 / 49 }),
        );
        const [cells] = scalingViews.order(rows).rows;
        expectCells(cells, ["layers, 1/49", ...pairs.flat().map((share) => share * 100)]);
      }),
    );
  });

  it("transition: both parts of a vocabulary, then their exponents", () => {
    fc.assert(
      fc.property(figures, figures, (anti, symmetric) => {
        const same = { tokens: 1234, vocabulary: 56 };
        const last = { tokens: 1234, vocabulary: null };
        const view = scalingViews.transition([
          rowOf({ ...anti, ...same }, { key: "antisymmetric" }),
          rowOf({ ...symmetric, ...same }, { key: "symmetric" }),
          { ...rowOf(anti), ...last, key: "antisymmetric-exponent" },
        ]);
        const [head, line, exponent] = view.rows;
        expect(head).toEqual(["text, 1,234 tokens"]);
        const part = (one: Figures): Expected[] => [
          some(one.published),
          some(one.measured),
          some(one.shuffled),
          agreed(one),
        ];
        const cells = line.map((cell) => cell.split(" ± ")[0]);
        expectCells(cells, [56, ...part(anti), ...part(symmetric)]);
        for (const [at, one] of [
          [3, anti],
          [7, symmetric],
        ] as const)
          if (one.shuffled !== null) expectCells([line[at].split(" ± ")[1]], [one.shuffledDeviation]);
        expectCells(exponent.slice(1, 3), [some(anti.published), some(anti.measured)]);
      }),
    );
  });

  it("text and Markdown hold these cells, and the CSV every bit", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SCALING_TABLES), figures, (table, one) => {
        const rows = [rowOf(one)];
        const cells = scalingViews[table](rows).rows.flat();
        const shown = cells.filter((cell) => cell !== "");
        const lines = scalingTableText(table, rows, 300, painter(false)).split("\n");
        const head = lines.indexOf("") + 1;
        const body = lines.slice(head + 1).filter((line) => line !== "");
        expect(body.flatMap(textCells)).toEqual(shown);
        const markdown = markdownTables(scalingMarkdown({ [table]: rows }))
          .flat(2)
          .map((cell) => cell.trim().replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))));
        expect(markdown.filter((cell) => cell !== "").map((cell) => cell.replaceAll("`", ""))).toEqual(shown);
        const [names, values] = scalingCsv({ [table]: rows })
          .trim()
          .split("\r\n")
          .map((line) => line.match(/"[^"]*"|[^,]+|(?<=,)(?=,|$)/g)!);
        for (const name of Object.keys(one) as (keyof Figures)[])
          if (name !== "agrees") expectExact(values[names.indexOf(name)], one[name] as number | null);
      }),
      { numRuns: 200 },
    );
  });
});
