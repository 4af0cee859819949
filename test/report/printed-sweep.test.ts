import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsEach, type SweepReport } from "../../src/compress/sweep.js";
import { sweepChart, sweepHtml } from "../../src/report/html/sweep.js";
import { painter } from "../../src/report/layout.js";
import { sweepAnswer, sweepCsv, sweepMarkdown, sweepTable } from "../../src/report/sweep.js";
import {
  csvRows,
  type Expected,
  expectCells,
  expectExact,
  expectShown,
  htmlTables,
  markdownTables,
  positive,
  shares,
  signed,
  textCells,
} from "./printed.js";

const plain = painter(false);
const counts = fc.integer({ min: 1, max: 10_000_000 });
const source = { name: "model.safetensors", format: "safetensors", byteLength: 123 };

const point = fc.record({
  method: fc.constantFrom("singular" as const, "gaussian" as const, "rounding" as const),
  asked: fc.constantFrom("1/4", "signal", "4 bits"),
  weights: counts,
  numbers: counts,
  bits: counts,
  bitsOfSource: counts,
  energy: shares,
  value: fc.option(signed),
});
const sweep = (parted: boolean): fc.Arbitrary<SweepReport> =>
  fc
    .tuple(
      fc.array(point, { minLength: 1, maxLength: 4 }),
      fc.record({ norm: positive, signal: fc.option(fc.record({ directions: counts, of: counts })) }),
      positive,
    )
    .map(([rows, part, own]) => ({
      schemaVersion: 1,
      source,
      options: {},
      command: "run",
      parts: [
        {
          part: parted ? "role0" : null,
          names: ["a"],
          weights: 7,
          norm: parted ? part.norm : null,
          signal: part.signal,
        },
        ...(parted ? [{ part: "role1", names: ["b"], weights: 7, norm: 1, signal: null }] : []),
      ],
      rows: [
        {
          part: null,
          method: "none" as const,
          asked: "",
          weights: 9,
          numbers: 9,
          bits: 288,
          bitsOfSource: 288,
          energy: 1,
          value: own,
        },
        ...rows.map((row) => ({ ...row, part: parted ? "role0" : null })),
      ],
    }));

const labels = { none: "as it is", singular: "singular", gaussian: "Gaussians", rounding: "rounding" };
const labelOf = ({ method, asked }: SweepReport["rows"][number]): string =>
  method === "none" ? labels.none : `${labels[method]}, ${asked}`;

/** A row of a sweep, with the part that it is of where there are parts. */
function ofPoint(report: SweepReport, row: SweepReport["rows"][number]): Expected[] {
  const figures: Expected[] = [
    labelOf(row),
    row.numbers,
    row.bits / row.weights,
    (row.bits / row.bitsOfSource) * 100,
    row.energy * 100,
    row.value ?? "failed",
  ];
  if (report.parts.length === 1) return figures;
  if (row.part === null) return [undefined, undefined, undefined, ...figures];
  const { norm, signal } = report.parts[0];
  const of = signal ? [signal.directions, signal.of].map((n) => n.toLocaleString("en-US")).join("/") : undefined;
  return ["role0", norm!, of, ...figures];
}

describe("figures of a sweep", () => {
  it("stand in the answer", () => {
    fc.assert(
      fc.property(sweep(false), (report) => {
        const [, own, rest] = /^model\.safetensors: (\S+) as it is(.*)\.$/.exec(sweepAnswer(report))!;
        expectShown(own, report.rows[0].value!);
        const said = [...rest.matchAll(/, (\S+) at (\S+) bits \(/g)];
        const valued = report.rows.slice(1).filter(({ value }) => value !== null);
        expect(said).toHaveLength(valued.length);
        said.forEach(([, value, bits], i) => {
          expectCells([value, bits], [valued[i].value!, bitsEach(valued[i])]);
        });
      }),
    );
  });

  it.each([false, true])("stand in the table, the Markdown and the page; parts: %s", (parted) => {
    fc.assert(
      fc.property(sweep(parted), (report) => {
        const lines = sweepTable(report, 200, plain).split("\n");
        const head = lines.findIndex((line) => /^(part|kept) /.test(line)) + 1;
        const [markdown] = markdownTables(sweepMarkdown(report));
        const page = htmlTables(sweepHtml(report)).get("Sweep")!;
        report.rows.forEach((row, i) => {
          const expected = ofPoint(report, row);
          expectCells(page[i], expected);
          expectCells(
            markdown[i].map((cell) => cell.trim()),
            expected,
          );
          const line = lines[head + i];
          // With parts its columns stand one blank apart: what is asked for is known, the rest has no blanks.
          const cells = parted
            ? line.replace(labelOf(row), labelOf(row).replaceAll(" ", "_")).trim().split(/ +/)
            : textCells(line);
          expectCells(
            cells.map((cell) => cell.replaceAll("_", " ")),
            expected,
            false,
          );
        });
      }),
      { numRuns: 50 },
    );
  });

  it("stand in the chart and in the CSV in every bit", () => {
    fc.assert(
      fc.property(sweep(true), (report) => {
        const drawn = sweepChart(report).series.flatMap(({ points }) => points.map(({ x, y }) => [x, y]));
        csvRows(sweepCsv(report).replaceAll(/"[^"]*"/g, "quoted")).forEach((row, i) => {
          const one = report.rows[i];
          for (const name of ["weights", "numbers", "bits", "bitsOfSource", "energy", "value"] as const)
            expectExact(row[name], one[name]);
          if (one.method !== "none" && one.value !== null) expect(drawn).toContainEqual([bitsEach(one), one.value]);
          if (one.part !== null) expectExact(row.norm, report.parts[0].norm);
        });
      }),
    );
  });
});
