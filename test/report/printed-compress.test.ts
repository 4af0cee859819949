import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CompressReport } from "../../src/compress/contract.js";
import {
  compressionAnswer,
  compressionCsv,
  compressionMarkdown,
  compressionTable,
  restoreAnswer,
  restoreCsv,
} from "../../src/report/compression.js";
import { painter } from "../../src/report/layout.js";
import {
  csvRows,
  type Expected,
  expectCells,
  expectExact,
  expectShown,
  markdownTables,
  shares,
  textCells,
} from "./printed.js";

const plain = painter(false);
const counts = fc.integer({ min: 1, max: 10_000_000 });
const source = { name: "model.safetensors", format: "safetensors", byteLength: 123 } as CompressReport["source"];
const SCALES: Record<string, number> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };

/** "4.02 GB" as so many bytes. */
function expectBytes(text: string, value: number): void {
  const [digits, unit] = text.split(" ");
  expectShown(digits, value / SCALES[unit]);
}

const compressed: fc.Arbitrary<CompressReport> = fc
  .record({
    tensors: fc.array(
      fc.record({ rows: counts, columns: counts, kept: counts, numbers: counts, bits: counts, energy: shares }),
      { minLength: 1, maxLength: 3 },
    ),
    roles: fc.array(fc.record({ matrices: counts, weights: counts, numbers: counts, bits: counts, energy: shares }), {
      minLength: 1,
      maxLength: 2,
    }),
    summary: fc.record({
      weights: counts,
      numbers: counts,
      bits: counts,
      bitsOfSource: counts,
      energy: shares,
      bytes: fc.maxSafeNat(),
      bytesOfSource: fc.maxSafeNat(),
    }),
  })
  .map(({ tensors, roles, summary }) => ({
    schemaVersion: 1,
    source,
    options: {},
    tensors: tensors.map((one, i) => ({
      ...one,
      name: `m${i}`,
      method: "singular" as const,
      factors: "bf16" as const,
    })),
    roles: roles.map((one, i) => ({ ...one, role: `role${i}` })),
    summary,
    notes: [],
  })) as unknown as fc.Arbitrary<CompressReport>;

const ofMatrix = (one: CompressReport["tensors"][number]): Expected[] => [
  one.kept,
  one.numbers,
  one.bits / (one.rows * one.columns),
  one.energy * 100,
];
const ofRoles = ({ roles, summary }: CompressReport): Expected[][] => [
  ...roles.map((one) => [one.role, one.matrices, undefined, one.numbers, one.bits / one.weights, one.energy * 100]),
  [
    "all",
    roles.reduce((sum, { matrices }) => sum + matrices, 0),
    undefined,
    summary.numbers,
    summary.bits / summary.weights,
    summary.energy * 100,
  ],
];

describe("figures of a compression", () => {
  it("stand in the answer", () => {
    fc.assert(
      fc.property(compressed, (report) => {
        const found = new RegExp(
          "^(\\S+) matri\\S+ at (\\S+) bits a weight, (\\S+) % of what they were, keep (\\S+) % of their energy; " +
            "(.+) in place of (.+)\\.$",
        ).exec(compressionAnswer(report))!;
        const { summary } = report;
        expectCells(found.slice(1, 5), [
          report.tensors.length,
          summary.bits / summary.weights,
          (summary.bits / summary.bitsOfSource) * 100,
          summary.energy * 100,
        ]);
        expectBytes(found[5], summary.bytes);
        expectBytes(found[6], summary.bytesOfSource);
      }),
    );
  });

  it("stand in the table, the Markdown and, in every bit, in the CSV", () => {
    fc.assert(
      fc.property(compressed, (report) => {
        const shape = ({ rows, columns }: CompressReport["tensors"][number]): string => `${rows} × ${columns}`;
        const lines = compressionTable(report, 200, plain).split("\n");
        const matrices = lines.findIndex((line) => line.startsWith("matrix ")) + 1;
        const roles = lines.findIndex((line) => line.startsWith("role ")) + 1;
        const [tensorRows, roleRows] = markdownTables(compressionMarkdown(report));
        const csv = csvRows(compressionCsv(report));
        report.tensors.forEach((one, i) => {
          expectCells(textCells(lines[matrices + i]), [`m${i}`, shape(one), ...ofMatrix(one)]);
          expectCells(tensorRows[i], [`\`m${i}\``, shape(one), ...ofMatrix(one)]);
          for (const name of ["rows", "columns", "kept", "numbers", "bits", "energy"] as const)
            expectExact(csv[i][name], one[name]);
        });
        ofRoles(report).forEach((cells, i) => {
          expectCells(textCells(lines[roles + i]), cells, false);
          expectCells(roleRows[i], cells);
        });
      }),
    );
  });

  it("stand in what is said of a restored file", () => {
    fc.assert(
      fc.property(counts, counts, fc.maxSafeNat(), (tensors, restored, size) => {
        const report = { schemaVersion: 1 as const, source, tensors, restored, bytes: size, notes: [] };
        const found = /^(\S+) of (\S+) tensors made from factors, the others as they were; (.+) from (.+)\.$/.exec(
          restoreAnswer(report),
        )!;
        expectCells(found.slice(1, 3), [restored, tensors]);
        expectBytes(found[3], size);
        expectBytes(found[4], source.byteLength);
        const [row] = csvRows(restoreCsv(report));
        expect([row.tensors, row.restored, row.bytes].map(Number)).toEqual([tensors, restored, size]);
      }),
    );
  });
});
