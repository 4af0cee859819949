import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { joinedJournal } from "../../src/distribute/journal.js";
import { analyze, mergeReport, openTasks } from "../../src/index.js";
import type { AnalyzeOptions, Journal } from "../../src/types.js";
import { model, tensor } from "../analyze/models.js";
import { safetensors } from "../checkpoint/files.js";

/** Tied matrices, one with a weight that is not finite, one of zeros. */
const file = safetensors([
  ...model(),
  tensor("model.layers.3.mlp.down_proj.weight", [40, 90], 41, (values) => values.fill(Number.NaN, 5, 6)),
  tensor("model.layers.3.self_attn.q_proj.weight", [40, 40], 42, (values) => values.fill(0)),
]);
const options: AnalyzeOptions = { permutations: 2, energy: 0.9, gaussians: ["auto", 4] };

let whole: string;
let names: string[];
let lines: { key: string; text: string }[];
beforeAll(async () => {
  const report = await analyze(file, options);
  whole = JSON.stringify(report);
  names = report.matrices.map(({ name }) => name);
  const tasks = await openTasks(file, options);
  const found = new Map<string, string>();
  const keys = tasks.plan.tasks.map(({ key }) => key);
  await tasks.run(keys, ({ key, figures }) => void found.set(key, JSON.stringify(figures)));
  await tasks.close();
  lines = keys.map((key) => ({ key, text: found.get(key)! }));
});

/** What one carrier brought, in the order of its coming; a key that comes again changes nothing. */
function carried(some: readonly number[]): Journal {
  const held = new Map<string, string>();
  for (const one of some) if (!held.has(lines[one].key)) held.set(lines[one].key, lines[one].text);
  return {
    has: (key) => held.has(key),
    get: async (key) => JSON.parse(held.get(key) ?? "null"),
    add: async () => undefined,
    close: async () => undefined,
  };
}

const merged = (parts: readonly (readonly number[])[], partial = false) =>
  mergeReport(file, { ...options, partial, journal: joinedJournal(parts.map(carried)) });

describe("figures from anywhere", () => {
  const COUNT = 10;
  /** For each task the parts that have it, one at least; then all lines of a part in some order. */
  const partitions = fc
    .record({
      parts: fc.integer({ min: 1, max: 6 }),
      where: fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }), { minLength: COUNT, maxLength: COUNT }),
      order: fc.array(fc.nat(), { minLength: 3 * COUNT, maxLength: 3 * COUNT }),
    })
    .map(({ parts, where, order }) => {
      const made: number[][] = Array.from({ length: parts }, () => []);
      for (const [task, places] of where.entries()) for (const place of places) made[place % parts].push(task);
      let at = 0;
      for (const part of made) part.sort(() => (order[at++ % order.length] & 1) - 0.5);
      return made;
    });

  it("make the report of one run, byte for byte, however divided, in whatever order, some twice", async () => {
    expect(lines).toHaveLength(COUNT);
    await fc.assert(
      fc.asyncProperty(partitions, async (parts) => {
        expect(JSON.stringify(await merged(parts))).toBe(whole);
      }),
      { numRuns: 60 },
    );
  });

  it("are named where they are missing, and the others make the report that says so", async () => {
    await fc.assert(
      fc.asyncProperty(
        partitions,
        fc.uniqueArray(fc.nat(COUNT - 1), { minLength: 1, maxLength: COUNT - 1 }),
        async (parts, lost) => {
          const left = parts.map((part) => part.filter((task) => !lost.includes(task)));
          const missing = [...lost].sort((a, b) => a - b).map((task) => names[task]);
          const error = await merged(left).then(
            () => null,
            (reason: Error & { code?: string }) => reason,
          );
          expect(error?.code).toBe("incomplete");
          const count = lost.length === 1 ? "1 matrix is" : `${lost.length} matrices are`;
          expect(error?.message).toContain(`${count} in no journal`);
          for (const name of missing.slice(0, 3)) expect(error?.message).toContain(name);
          const { source, matrices } = await merged(left, true);
          expect(matrices.map(({ name }) => name)).toEqual(names.filter((name) => !missing.includes(name)));
          expect(source.notes.join()).toContain("in no journal");
        },
      ),
      { numRuns: 30 },
    );
  });
});
