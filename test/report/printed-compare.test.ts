import fc from "fast-check";
import { describe, it } from "vitest";
import { adapterAnswer, changeAnswer } from "../../src/report/compare/answer.js";
import { compareHtml } from "../../src/report/compare/html.js";
import { compareTable } from "../../src/report/compare/table.js";
import { compareCsv, compareMarkdown } from "../../src/report/compare/text.js";
import { painter } from "../../src/report/layout.js";
import type { ComparedMatrix, CompareReport } from "../../src/types.js";
import { counts, report } from "./compare-reports.js";
import {
  csvRows,
  type Expected,
  expectCells,
  expectExact,
  expectShown,
  htmlTables,
  markdownTables,
  shares,
  textCells,
} from "./printed.js";

/** The figures of a matrix, in the order of the columns. */
const figuresOf = (one: ComparedMatrix): Expected[] => [
  one.relativeChange,
  one.changed === 0 ? undefined : one.rankAboveRounding,
  one.energyRanks?.["0.9"],
  one.energyRanks?.["0.99"],
  one.participation?.value,
  one.changed === 0 ? undefined : one.noiseParticipationRatio,
  one.cosine ?? undefined,
  one.changed === 0 ? undefined : one.changed * 100,
  one.energyRanks?.["0.5"],
  one.signal?.directions,
];
const ranksOf = ({ adapterRanks }: CompareReport): Expected[][] =>
  adapterRanks.map(({ rank, energy, parameters }) => [rank, energy * 100, parameters]);

const between = (text: string, pattern: RegExp): string[] => {
  const found = pattern.exec(text);
  if (!found) throw new Error(`${pattern} is not in ${text}`);
  return found.slice(1);
};

describe("figures of a comparison", () => {
  it("stand in the answer", () => {
    fc.assert(
      fc.property(report, ({ summary }) => {
        const cells = between(
          changeAnswer({ summary }),
          new RegExp(
            "^A change of rank (\\S+) to (\\S+) in (\\S+) of (\\S+) matrices; (\\S+) of their norm; (\\S+) " +
              "directions hold 90 % of it in the median matrix \\((\\S+) to (\\S+)\\); (\\S+) % of it outside them\\.$",
          ),
        );
        expectCells(cells, [
          summary.smallestRankAboveRounding,
          summary.largestRankAboveRounding,
          summary.matrices - summary.unchanged,
          summary.matrices,
          summary.relativeChange,
          summary.medianRank90,
          summary.smallestRank90,
          summary.largestRank90,
          summary.shareOutsideMatrices * 100,
        ]);
      }),
    );
  });

  it("stand in what is said of an adapter", () => {
    fc.assert(
      fc.property(counts, counts, shares, shares, shares, (rank, parameters, energy, held, share) => {
        const text = adapterAnswer({
          rank,
          factors: "bf16",
          modules: 1,
          parameters,
          bytes: 999,
          energy,
          held,
          saved: [],
          leftOut: [{ name: "x", share }],
        });
        const cells = between(
          text,
          new RegExp(
            "rank (\\S+) holds (\\S+) % of the change of its 1 matrix in (\\S+) numbers \\(999 bytes\\); left out is " +
              "x with (\\S+) % of all that changed\\. Of all that changed (\\S+) % is held",
          ),
        );
        expectCells(cells, [rank, energy * 100, parameters, share * 100, held * 100]);
      }),
    );
  });

  it("stand in the table: matrices, layers by role, adapters, quantisation", () => {
    fc.assert(
      fc.property(report, (given) => {
        const lines = compareTable(given, { columns: 300, paint: painter(false) }).split("\n");
        const linesAfter = (head: RegExp, rows: number): string[] => {
          const at = lines.findIndex((line) => head.test(line)) + 1;
          return lines.slice(at, at + rows);
        };
        linesAfter(/^outside the layers/, given.matrices.length).forEach((line, i) => {
          expectCells(textCells(line), [`m${i}`, ...figuresOf(given.matrices[i])], false);
        });
        const largest = Math.max(...given.cells.map(({ relativeChange }) => relativeChange ?? 0));
        if (largest > 0)
          linesAfter(/^layer +up$/, given.cells.length).forEach((line, i) => {
            const [cell] = textCells(line).slice(1);
            expectCells([cell.replace(/ [ ▁▂▃▄▅▆▇█]+$/, "")], [given.cells[i].relativeChange]);
          });
        linesAfter(/^adapter of rank/, given.adapterRanks.length).forEach((line, i) => {
          expectCells(textCells(line), ranksOf(given)[i]);
        });
        linesAfter(/^quantised as/, given.quantisation.length).forEach((line, i) => {
          const { dtype, bits, matrices, weights, error } = given.quantisation[i];
          expectCells(textCells(line), [`${dtype} (tuned)`, bits, matrices, weights, error]);
        });
      }),
    );
  });

  it("stand in the Markdown", () => {
    fc.assert(
      fc.property(report, (given) => {
        const [matrices, heat, ranks, quantised] = markdownTables(compareMarkdown(given));
        matrices.forEach((cells, i) => {
          expectCells(cells.slice(4), figuresOf(given.matrices[i]));
        });
        heat.forEach((cells, i) => {
          expectCells(cells, [String(i), given.cells[i].relativeChange]);
        });
        ranks.forEach((cells, i) => {
          expectCells(cells, ranksOf(given)[i]);
        });
        quantised.forEach((cells, i) => {
          const { dtype, bits, matrices: n, error } = given.quantisation[i];
          expectCells(cells, [dtype, "tuned", bits, n, error]);
        });
      }),
    );
  });

  it("stand in the page", () => {
    fc.assert(
      fc.property(report, (given) => {
        const html = compareHtml(given);
        const tables = htmlTables(html);
        const groups = ({
          matrices,
          unchanged,
          ...one
        }: CompareReport["layers"][number] | CompareReport["roles"][number]) => [
          matrices,
          unchanged,
          one.relativeChange,
          one.medianRank90,
          one.largestRankAboveRounding,
        ];
        tables.get("By layer")!.forEach((cells, i) => {
          expectCells(cells, [String(i), ...groups(given.layers[i])]);
        });
        tables.get("By role")!.forEach((cells, i) => {
          expectCells(cells, [`role${i}`, ...groups(given.roles[i])]);
        });
        tables.get("Matrices")!.forEach((cells, i) => {
          expectCells(cells, [`m${i}`, ...figuresOf(given.matrices[i])]);
        });
        tables.get("‖ΔW‖/‖W‖ by layer and role")!.forEach((cells, i) => {
          expectCells(cells, [String(i), given.cells[i].relativeChange]);
        });
        tables.get("Error of the quantised side")!.forEach((cells, i) => {
          const { dtype, bits, matrices, error } = given.quantisation[i];
          expectCells(cells, [dtype, "tuned", bits, matrices, error]);
        });
        const facts = [...html.matchAll(/<dd>(.*?)<\/dd>/g)].map(([, value]) => value);
        const { summary } = given;
        expectCells(facts, [
          summary.matrices,
          summary.unchanged,
          summary.relativeChange,
          summary.medianRank90,
          summary.largestRankAboveRounding,
          summary.shareOutsideMatrices,
        ]);
        const scale = { "": 1, k: 1e3, M: 1e6, B: 1e9 };
        tables.get("What a LoRA of one rank for all matrices inside layers would hold")!.forEach((cells, i) => {
          const { rank, energy, parameters } = given.adapterRanks[i];
          const [, digits, unit] = /^([\d.]+)([kMB]?)$/.exec(cells[2])!;
          expectCells(cells.slice(0, 2), [rank, energy]);
          expectShown(digits, parameters / scale[unit as keyof typeof scale]);
        });
      }),
    );
  });

  it("stand in the CSV in every bit", () => {
    fc.assert(
      fc.property(report, (given) => {
        csvRows(compareCsv(given)).forEach((row, i) => {
          const one = given.matrices[i];
          expectExact(row.norm, one.norm);
          expectExact(row.relativeChange, one.relativeChange);
          expectExact(row.cosine, one.cosine);
          expectExact(row.changed, one.changed);
          expectExact(row.participationRatio, one.participation?.value);
          expectExact(row.spectralNorm, one.participation?.spectralNorm);
          expectExact(row.noiseParticipationRatio, one.noiseParticipationRatio);
          expectExact(row.rank50, one.energyRanks?.["0.5"]);
          expectExact(row.rank90, one.energyRanks?.["0.9"]);
          expectExact(row.rank99, one.energyRanks?.["0.99"]);
          expectExact(row.rankAboveRounding, one.rankAboveRounding);
          expectExact(row.signalDirections, one.signal?.directions);
        });
      }),
    );
  });
});
