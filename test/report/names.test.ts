import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable } from "../../src/base/printable.js";
import type { CompressReport } from "../../src/compress/contract.js";
import type { SweepReport } from "../../src/compress/sweep.js";
import { compareHtml } from "../../src/report/compare/html.js";
import { compareTable } from "../../src/report/compare/table.js";
import { compareMarkdown } from "../../src/report/compare/text.js";
import { compressionMarkdown, compressionTable } from "../../src/report/compression.js";
import { corpusTable } from "../../src/report/corpus.js";
import { reportCsv } from "../../src/report/csv.js";
import { toldApart } from "../../src/report/distinct.js";
import { widthOf } from "../../src/report/format.js";
import { renderHtml } from "../../src/report/html.js";
import { type Inspection, inspectionCsv, inspectionMarkdown, inspectionTable } from "../../src/report/inspection.js";
import { painter, type Row, tableLines } from "../../src/report/layout.js";
import { reportMarkdown } from "../../src/report/markdown.js";
import { scalingTableText } from "../../src/report/scaling.js";
import { sweepTable } from "../../src/report/sweep.js";
import { reportTable } from "../../src/report/table.js";
import type { ComparedMatrix, CompareReport, TransitionReport } from "../../src/types.js";
import { expectDistinct, figureOf, names, shownNames, shownOf } from "./name-sets.js";
import { csvCells, htmlTables, markdownTables } from "./printed.js";
import { matrix, report } from "./sample.js";

const plain = { columns: 40, paint: painter(false) };

describe("at 40 columns names stay distinct and figures whole", () => {
  const each = (check: (all: string[]) => void): void => {
    fc.assert(fc.property(names, check), { numRuns: 60 });
  };

  it("in any table, whose figures come after cut names and below headings of any length", () => {
    each((all) => {
      const rows: Row[] = all.flatMap((name, i): Row[] => [
        { line: `${name.replace(/\s+/g, "_")} ${shownOf(i)}` },
        [`  ${toldApart(all.map((one) => ({ name: one, text: one })))[i]}`, `${i}.5`, `#${i}`],
      ]);
      const columns = (["left", "right", "right"] as const).map((align) => ({ title: "", align }));
      const lines = tableLines(columns, rows, 40, plain.paint);
      expectDistinct(shownNames(lines, all.length, (i) => `  ${i}.5  #${i}`));
      for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(40);
      all.forEach((_, i) => expect(lines.join("\n")).toContain(shownOf(i)));
    });
  });

  it("analyze and merge, in every format", () => {
    each((all) => {
      const matrices = all.map((name, i) =>
        matrix(name, null, {
          spectrum: {
            ...matrix("", null).spectrum!,
            signal: { ...matrix("", null).spectrum!.signal, directions: figureOf(i) },
          },
        }),
      );
      const lines = reportTable(report(matrices), plain).split("\n");
      const head = lines.findIndex((line) => line.startsWith("matrix "));
      expectDistinct(shownNames(lines.slice(head + 1, head + 3 + 2 * all.length), all.length));
      const sourced = [{ source: "m", report: report(matrices.map((one) => ({ ...one, gaussian: [] }))) }];
      for (const table of markdownTables(reportMarkdown(sourced)).slice(0, 2))
        expectDistinct(table.map(([name]) => name));
      const page = htmlTables(renderHtml(report(matrices)));
      for (const caption of ["Furthest from noise", "Matrices, K = auto", "Matrices, K = 8"])
        expectDistinct(page.get(caption)!.map(([name]) => name));
      expectDistinct(
        csvCells(reportCsv(sourced))
          .slice(1)
          .map(([, name]) => name),
      );
    });
    const aside = matrix("a", null, { energyTarget: { energy: 0.9, gaussians: 12_345, rank: 67_890 } });
    const text = reportTable(report([{ ...aside, rows: 1_000_000, columns: 1_000_000 }]), plain).replace(/\s+/g, " ");
    expect(text).toContain("for 90 %: K = 12,345 of 1,000,000, or 67,890 of 1,000,000 singular vectors");
  });

  it("compare, in the table, Markdown and HTML", () => {
    const one = { layer: null, stack: null, role: null, rows: 6, columns: 2, relativeChange: 0.5, changed: 1 };
    const rest = {
      norm: 1,
      cosine: null,
      noiseParticipationRatio: 2,
      participation: null,
      energyRanks: null,
      signal: null,
    };
    const side = { name: "m", format: "npy", byteLength: 1 } as CompareReport["base"];
    each((all) => {
      const matrices = all.map(
        (name, i): ComparedMatrix => ({ ...one, ...rest, name, baseName: name, rankAboveRounding: figureOf(i) }),
      );
      const given = {
        ...{ base: side, tuned: side, matrices, layers: [], roles: [], cells: [], adapterRanks: [], quantisation: [] },
        ...{ notes: [], failed: [], unmatched: { base: [], tuned: [] }, others: [] },
        summary: {
          matrices: all.length,
          unchanged: 0,
          relativeChange: 1,
          medianRank90: 1,
          smallestRank90: 1,
          largestRank90: 1,
        },
      } as unknown as CompareReport;
      Object.assign(given.summary, {
        smallestRankAboveRounding: 1,
        largestRankAboveRounding: 1,
        others: 0,
        othersChanged: 0,
      });
      const lines = compareTable(given, plain).split("\n");
      expectDistinct(
        shownNames(
          lines.map((line) => line.replace(/0\.5000/, "")),
          all.length,
        ),
      );
      expectDistinct(markdownTables(compareMarkdown(given))[0].map(([name]) => name));
      expectDistinct(
        htmlTables(compareHtml(given))
          .get("Matrices")!
          .map(([name]) => name),
      );
    });
  });

  it("compress, in the table and Markdown", () => {
    each((all) => {
      const tensors = all.map((name, i) => ({
        name,
        rows: 1,
        columns: 1,
        kept: i,
        numbers: figureOf(i),
        bits: 8,
        energy: 1,
      }));
      const summary = { weights: 1, numbers: 1, bits: 1, bitsOfSource: 1, energy: 1, bytes: 1, bytesOfSource: 1 };
      const given = { tensors, roles: [], notes: [], summary } as unknown as CompressReport;
      const lines = compressionTable(given, 40, plain.paint).split("\n");
      expectDistinct(
        shownNames(
          lines.map((line) => line.replace(/1 × 1 +\d+/, "")),
          all.length,
        ),
      );
      expectDistinct(markdownTables(compressionMarkdown(given))[0].map(([name]) => name));
    });
  });

  it("inspect, in the table and Markdown, its metadata too", () => {
    each((all) => {
      const tensors = all.map((name, i) => ({
        name,
        dtype: "F32",
        shape: [],
        parameters: figureOf(i),
        layer: null,
        role: null,
      }));
      const metadata = Object.fromEntries(all.map((name, i) => [`key ${name}`, 987_654_321_000 + i]));
      const found = {
        name: "m",
        format: "npy",
        byteLength: 1,
        parameters: 1,
        tensors,
        dtypes: [],
        metadata,
        asides: [],
        notes: [],
      };
      const lines = inspectionTable(found as unknown as Inspection, 40, plain.paint).split("\n");
      expectDistinct(
        shownNames(
          lines.map((line) => line.replace(/F32 +scalar/, "")),
          all.length,
        ),
      );
      all.forEach((_, i) => expect(lines.some((line) => line.endsWith(String(987_654_321_000 + i)))).toBe(true));
      for (const line of lines) if (!line.includes("scalar")) expect(widthOf(line), line).toBeLessThanOrEqual(40);
      const sourced = [{ source: "m", found: found as unknown as Inspection }];
      for (const table of markdownTables(inspectionMarkdown(sourced))) expectDistinct(table.map(([name]) => name));
      expectDistinct(
        csvCells(inspectionCsv(sourced))
          .slice(1)
          .map(([, name]) => name),
      );
    });
  });

  it("a sweep by parts, a text's vocabularies, the paper's tables", () => {
    const point = {
      method: "singular" as const,
      asked: "1/4",
      weights: 1,
      bits: 8,
      bitsOfSource: 32,
      energy: 1,
      value: 1,
    };
    each((given) => {
      const all = [...new Set(given.map((name) => printable(name)))];
      const parts = all.map((part) => ({ part, names: [part], weights: 1, norm: 1, signal: null }));
      const rows = all.map((part, i) => ({ ...point, part, numbers: figureOf(i) }));
      const sweep = { source: { name: "m" }, parts, rows, command: "run" } as unknown as SweepReport;
      expectDistinct(shownNames(sweepTable(sweep, 40, plain.paint).split("\n"), all.length));
    });
    const text = { names: ["a"], tokens: "words" as const };
    const shuffled = { shuffles: 0, antisymmetric: null, symmetric: null, asymmetry: [0, 0] };
    const transition = {
      vocabulary: 1_234_567_890_123,
      tokens: 9,
      pairs: 8,
      nonZero: 7,
      antisymmetric: null,
      shuffled,
    };
    const of = {
      ...transition,
      symmetric: null,
      asymmetry: 0,
      smoothing: 0,
      matrix: "transition",
    } as unknown as TransitionReport;
    expect(corpusTable([of], text, 40, plain.paint)).toContain("1,234,567,890,123");
    const row = { columns: 16_384, gaussians: 2048, rows: 9, method: "uniform basis", note: "", agrees: null };
    expect(scalingTableText("fit", [{ ...row, published: 0.5, measured: 0.5 }], 40, plain.paint)).toContain(
      "16384, K = 2048",
    );
  });
});
