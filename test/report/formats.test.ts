import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reportCsv } from "../../src/report/csv.js";
import { csvLines } from "../../src/report/csv-cells.js";
import { jsonText } from "../../src/report/json.js";
import { reportMarkdown } from "../../src/report/markdown.js";
import { markdownName } from "../../src/report/markdown-cells.js";
import { csvCells } from "./printed.js";
import { matrix, report } from "./sample.js";

describe("csv", () => {
  it("has a row for each matrix and K, with the report's own figures", () => {
    const rows = csvCells(
      reportCsv([
        {
          source: "a/model.safetensors",
          report: report([matrix("h.0.x.weight", 0), matrix("broken", null, { participation: null, gaussian: [] })]),
        },
      ]),
    );
    expect(rows).toHaveLength(4);
    const of = (row: number, name: string) => rows[row][rows[0].indexOf(name)];
    expect([
      of(1, "source"),
      of(1, "name"),
      of(1, "layer"),
      of(1, "shape"),
      of(1, "gaussians"),
      of(1, "energy"),
      of(1, "verdict"),
    ]).toEqual(["a/model.safetensors", "h.0.x.weight", "0", "256x256", "16", "0.0671", "as noise"]);
    expect([of(2, "gaussians"), of(2, "z"), of(2, "verdict")]).toEqual(["8", "38.4", "structure"]);
    expect([of(3, "name"), of(3, "participationRatio"), of(3, "energy"), of(3, "verdict")]).toEqual([
      "broken",
      "",
      "",
      "",
    ]);
    for (const row of rows) expect(row).toHaveLength(rows[0].length);
  });

  it("disarms formulas and leaves numbers alone", () => {
    expect(
      csvLines([
        ["=1+1", "+1", "-1", "@x", "\t=x", "\r=x", "  =x", -1.5, 0, 2e-7, "plain", 'a"b', "a,b", null, undefined],
      ]),
    ).toBe(`"'=1+1","'+1","'-1","'@x","'\\u{9}=x","'\\u{d}=x","'  =x",-1.5,0,2e-7,plain,"a""b","a,b",,\r\n`);
  });

  it("reads back whatever the cells hold, different ones as different ones", () => {
    const marks = fc.constantFrom(
      "'",
      "=",
      "-",
      " ",
      "\t",
      ";",
      "\u001b",
      "\\u{1b}",
      "\\",
      "u{1b}",
      '"',
      ",",
      "\n",
      "1",
    );
    const cell = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: marks, maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), (cells) => {
        const text = csvLines([cells]);
        expect(text).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        const [back] = csvCells(text);
        expect(back).toHaveLength(cells.length);
        // What looks written out or disarmed already is not taken for it.
        expect(new Set(back).size).toBe(new Set(cells).size);
        for (const cell of back) expect(cell).not.toMatch(/^[\s]*[=+\-@]/);
      }),
    );
  });
});

describe("json", () => {
  it("is the report, exactly", () => {
    const given = report([matrix("a", null)]);
    expect(JSON.parse(jsonText(given))).toEqual(JSON.parse(JSON.stringify(given)));
  });
  it("reads back whatever the strings hold, and shows a terminal nothing to act on", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (strings) => {
        const text = jsonText(strings);
        expect(JSON.parse(text)).toEqual(strings);
        expect(text).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
        );
      }),
    );
    expect(JSON.parse(jsonText({ count: 12n }))).toEqual({ count: "12" });
  });
});

describe("markdown", () => {
  it("holds the tables and the summary", () => {
    const text = reportMarkdown([{ source: "x", report: report([matrix("h.0.attn.c_attn.weight", 0)]) }]);
    expect(text).toContain(
      "| `h.0.attn.c_attn.weight` | 0 |  | 256 × 256 | 60 | 84.0 | 61.2 | 128 | 13.34 | 16 | 6.71 | 6.12 | 38.1 | " +
        "22.0 | as noise |\n",
    );
    expect(text).toContain("| 0 | 1 | 65,536 | 29.87 | 3.80e-5 |\n");
    expect(text).toContain("- K = auto (16): 4,096 amplitudes");
    expect(text.split("\n")[0]).toMatch(/^60 of 256 directions stand above noise: .*\.$/);
    expect(text).toContain(
      "| 60 | 27,120 | – | 58 | 1 | 0.090 | 1.00e-4 | 3.20 | as noise | 181.5 | 256 | 12, 97, 190 |",
    );
    const tables = text.split("\n\n").filter((block) => block.startsWith("| "));
    expect(tables).toHaveLength(3);
    for (const table of tables)
      expect(
        new Set(
          table
            .trim()
            .split("\n")
            .map((line) => line.split("| ").length),
        ).size,
      ).toBe(1);
  });

  it("names neither break the table nor become markup or links", () => {
    for (const name of [
      "a|b",
      "`x`",
      "<img src=x>",
      "[a](javascript:x)",
      "**b**",
      "https://evil.example/x",
      "www.evil.example",
      "a\nb",
      "\\|",
      "&lt;",
    ]) {
      const shown = markdownName(name);
      expect(shown).not.toMatch(/[|<>[\]()*\n\\]|https?:|www\./);
      if (shown.startsWith("`")) expect(shown.slice(1, -1)).not.toContain("`");
    }
    expect(markdownName("model.layers.0.self_attn.q_proj.weight")).toBe("`model.layers.0.self_attn.q_proj.weight`");
  });
});
