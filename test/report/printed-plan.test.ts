import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { QueueCounts } from "../../src/distribute/carrier.js";
import { estimateText } from "../../src/report/estimate.js";
import { queueCsv, queueMarkdown, queueText } from "../../src/report/queue.js";
import type { AnalysisPlan } from "../../src/types.js";
import { expectCells, expectShown, positive } from "./printed.js";

const SECONDS: Record<string, number> = { ms: 1e-3, s: 1, min: 60, h: 3600 };
const BYTES: Record<string, number> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };

function expectScaled(text: string, value: number, scales: Record<string, number>): void {
  const [digits, unit] = text.split(" ");
  expectShown(digits, value / scales[unit]);
}

describe("what is said before and beside an analysis", () => {
  it("an estimate has the figures of its plan, of any size", () => {
    const whole = fc.maxSafeNat();
    fc.assert(
      fc.property(
        fc.record({
          matrices: fc.integer({ min: 2, max: 1e6 }),
          bytesStored: whole,
          bytesRead: whole,
          coreSeconds: positive,
          largestSeconds: positive,
          leastMemory: whole,
          peakMemory: whole,
          outputBytes: whole,
          workers: fc.integer({ min: 2, max: 1e6 }),
        }),
        (estimate) => {
          const plan = {
            source: { name: "m" },
            estimate: { ...estimate, largest: "a", failed: [] },
          } as unknown as AnalysisPlan;
          const text = estimateText(plan, 10_000).replaceAll("\n", " ");
          const found = new RegExp(
            "^m: (\\S+) matrices, (.+?) stored\\. About (.+?) of one core; the dearest matrix, a, (.+?): at most " +
              "(\\S+) workers help\\. Reads about (.+?) from a local file, (.+?) from a server; at least " +
              "(\\S+) bytes of --memory; a process of about (.+?) with one thread; about (.+?) of json\\.",
          ).exec(text);
          if (!found) throw new Error(text);
          const [, matrices, stored, core, largest, workers, read, server, memory, peak, output] = found;
          expectCells([matrices, workers, memory], [estimate.matrices, estimate.workers, estimate.leastMemory]);
          expectScaled(core, estimate.coreSeconds, SECONDS);
          expectScaled(largest, estimate.largestSeconds, SECONDS);
          expectScaled(stored, estimate.bytesStored, BYTES);
          expectScaled(server, estimate.bytesStored, BYTES);
          expectScaled(read, estimate.bytesRead, BYTES);
          expectScaled(peak, estimate.peakMemory, BYTES);
          expectScaled(output, estimate.outputBytes, BYTES);
        },
      ),
    );
  });

  it("a queue's lines are its counts", () => {
    const names = ["waiting", "active", "delayed", "done", "failed", "workers"] as const;
    fc.assert(
      fc.property(fc.tuple(...names.map(() => fc.nat())), (values) => {
        const counts = Object.fromEntries(names.map((name, i) => [name, values[i]])) as unknown as QueueCounts;
        const lines = queueText(counts, ["no memory", "no memory"]).split("\n");
        expect(lines.slice(0, 6).map((line) => line.split(/ +/))).toEqual(
          names.map((name, i) => [name, `${values[i]}`]),
        );
        expect(lines.slice(6)).toEqual(["", "failed:", "  no memory", ""]);
        const pace = { jobsPerSecond: 2, secondsLeft: null };
        const rows = queueCsv(counts, pace).trimEnd().split("\r\n");
        expect(rows).toEqual([`${names.join()},jobsPerSecond,secondsLeft`, `${values.join()},2,`]);
        const [titles, , row, ...rest] = queueMarkdown(counts, ["no_memory"], pace).split("\n");
        expect(titles).toBe(`| ${names.join(" | ")} |`);
        expect(row.replaceAll(",", "")).toBe(`| ${values.join(" | ")} |`);
        expect(rest).toEqual(["", "- rate 2.00 jobs a second", "- no&#95;memory", ""]);
      }),
    );
  });
});
