import { beforeAll, describe, expect, it } from "vitest";
import { facts } from "../../src/report/facts.js";
import { layerTables, roleTable } from "../../src/report/group-tables.js";
import { columns } from "../../src/report/html/columns.js";
import { renderHtml } from "../../src/report/html.js";
import { reportMarkdown } from "../../src/report/markdown.js";
import { fittingColumns } from "../../src/report/matrix-columns.js";
import { reportTable } from "../../src/report/table.js";
import type { MatrixReport, Report } from "../../src/types.js";
import { moreColumns, tableColumns } from "../../src/web/matrix-table.js";
import { report } from "../web/report.js";

/** The one word of each figure, in tables for terminals, Markdown, HTML files, the page and the element. */
const WORDS = new Set(
  (
    "matrix, layer, stack, role, type, shape, rows, columns, parameters, norm, kurtosis, matrices, norm/parameter, " +
    "signal, of, holds, the rest, free parameters, effective rank, numerical rank, 90 % in, " +
    "pr, pr of noise, pr / noise, stable rank, amplitude pr, k, fit, fit of noise, chance, best, equal, z, verdict, " +
    "r², amplitudes, times fewer, numbers in all, " +
    "sign flips, kritchman–nadler, below, edge of σ², noise variance, bulk, tail exponent"
  ).split(", "),
);
WORDS.add("50, 90, 99 % in");
/** What stands in the terminal right behind another column means that of it; one column says all verdicts there. */
const SHORT = new Set(["noise", "gaussians", ""]);
/** What these figures were called elsewhere. */
const OTHER_WORDS = /effective parameters|permuted|in signal|weights an amplitude|svd energy|norm \/ weight/i;

const plain = (head: string): string => head.toLowerCase().replace(/(?<=\D) %$/, "");
const unknown = (heads: readonly string[]): string[] => heads.map(plain).filter((head) => !WORDS.has(head));
const paint = (_: string | undefined, text: string): string => text;

describe("the words of figures", () => {
  let made: Report;
  let matrix: MatrixReport;
  beforeAll(async () => {
    made = await report({ spectrum: "all", energy: 0.9 });
    matrix = made.matrices.find(({ layer }) => layer !== null)!;
  });

  it("are the same in the terminal's columns, Markdown, HTML files, the page and the element", () => {
    const terminal = fittingColumns(made, made.matrices, true, 1000).map(({ title }) => title);
    expect(terminal.length).toBeGreaterThan(18);
    expect(terminal.filter((title) => !SHORT.has(plain(title)) && !WORDS.has(plain(title)))).toEqual([]);
    const groups = [...layerTables(made, 200, paint), ...roleTable(made, 200, paint)].filter((line) =>
      /^(layer|role) /.test(line.trim()),
    );
    expect(groups).toHaveLength(2);
    expect(unknown(groups.flatMap((line) => line.trim().split(/ {2,}| (?=of |holds)/)))).toEqual([]);

    const markdown = [...reportMarkdown([{ source: "a", report: made }]).matchAll(/^\| (.*) \|\n\| :?-/gm)];
    expect(markdown).toHaveLength(3);
    expect(unknown(markdown.flatMap(([, heads]) => heads.split(" | ").map((head) => head.trim())))).toEqual([]);

    // Tables of the paper have the paper's words.
    const html = renderHtml(made).replace(/<h2 id="paper">[\s\S]*?(?=<h2)/, "");
    const map = /<div class="scroll heat"[\s\S]*?<\/div>/.exec(html)![0];
    const heads = [...html.replace(map, "").matchAll(/<th scope="col"[^>]*>(.*?)<\/th>/g)].map(([, head]) => head);
    expect(heads.length).toBeGreaterThan(60);
    expect(unknown(heads)).toEqual([]);

    // The page joins words that stand beside one another.
    const page = [...tableColumns([], 0, []), ...moreColumns].flatMap(({ title }) =>
      title === "Signal of" ? ["Signal", "of"] : title.split(" · "),
    );
    expect(page.length).toBeGreaterThan(25);
    expect(unknown(page)).toEqual([]);
  });

  it("mean the same figure", () => {
    const written = reportMarkdown([{ source: "a", report: { ...made, matrices: [matrix] } }]).split("\n");
    const [heads, , first] = written.slice(written.findIndex((line) => line.startsWith("| matrix"))).map((line) =>
      line
        .slice(2, -2)
        .split(" | ")
        .map((cell) => cell.trim()),
    );
    const terminal = fittingColumns(made, [matrix], false, 1000);
    const [fit] = matrix.gaussian;
    const both: string[] = [];
    for (const column of columns) {
      const value = column.value(matrix, 0);
      if (typeof value !== "number") continue;
      const near = (text: string, percent: boolean): void =>
        expect(Number.parseFloat(text.replaceAll(",", "")) / (percent ? 100 : 1), column.title).toBeCloseTo(
          value,
          value > 1 ? 0 : 2,
        );
      const shares = ["signalEnergy", "energy", "permutedEnergy", "svdEnergy", "svdAtEqualNumbers"].includes(
        column.key,
      );
      const at = heads.findIndex((head) => plain(head) === plain(column.title));
      if (at >= 0) near(first[at], shares);
      const own = terminal.find(({ title }) => plain(title) === plain(column.title));
      const cell = own?.matrix?.(matrix) ?? own?.fit?.(fit);
      if (cell !== undefined) near(typeof cell === "string" ? cell : cell.text, shares);
      if (at >= 0 && cell !== undefined) both.push(column.key);
    }
    expect(both).toEqual(
      expect.arrayContaining([
        "signal",
        "signalEnergy",
        "norm",
        "participation",
        "energy",
        "permutedEnergy",
        "svdEnergy",
      ]),
    );
  });

  it("leave no other words in texts, tiles and labels", () => {
    const html = renderHtml(made);
    const texts = [
      reportTable(made, { columns: 200, paint }),
      reportMarkdown([{ source: "a", report: made }]),
      html.slice(html.indexOf("<body")).replace(/<h2 id="options">[\s\S]*/, ""),
      facts(made)
        .map(([term, value]) => `${term} ${value}`)
        .join("\n"),
      columns.map(({ title, about }) => `${title} ${about}`).join("\n"),
      tableColumns([], 0, [])
        .map(({ title, about }) => `${title} ${about}`)
        .join("\n"),
    ];
    for (const text of texts) expect(OTHER_WORDS.exec(text)?.[0]).toBeUndefined();
  });
});
