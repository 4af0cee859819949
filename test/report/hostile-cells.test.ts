import { describe, expect, it } from "vitest";
import { columns } from "../../src/report/html/columns.js";
import { type Inspection, inspectionMarkdown, inspectionTable } from "../../src/report/inspection.js";
import { painter } from "../../src/report/layout.js";
import type { MatrixReport } from "../../src/types.js";

const hostile = "|S4\u001b[31m\u0007\u202e<b>";
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
const total = { dtype: hostile, parameters: 1, byteLength: 4 };
const place = { shape: [1], byteOffset: 128, file: "a.npy", layer: null, role: null };
const found: Inspection = {
  ...{ name: "a.npy", format: "npy", byteLength: 132, parameters: 2, metadata: {}, asides: [], notes: [] },
  tensors: ["a", "b"].map((name) => ({ ...total, ...place, name })),
  dtypes: [total, { ...total, dtype: "|b1" }].map((one) => ({ ...one, tensors: 1 })),
};

describe("what a file calls a type or a place, in cells", () => {
  it("neither steers a terminal nor breaks a table of Markdown", () => {
    expect(inspectionTable(found, 80, painter(false))).not.toMatch(raw);
    const lines = inspectionMarkdown([{ source: "a.npy", found }]).split("\n");
    expect(lines.join("\n")).not.toMatch(raw);
    const rows = lines.filter((line) => line.startsWith("|"));
    expect(rows.length).toBeGreaterThanOrEqual(4);
    expect(new Set(rows.map((row) => row.split("|").length)).size).toBe(1);
  });

  it("is shown on a page as it is elsewhere", () => {
    const role = columns.find(({ key }) => key === "role")!;
    const matrix = { role: `other:${hostile}` } as MatrixReport;
    expect(role.text(matrix, 0)).toBe("other:|S4\\u{1b}[31m\\u{7}\\u{202e}<b>");
  });
});
