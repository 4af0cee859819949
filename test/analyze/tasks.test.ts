import { writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze, batchTasks, mergeReport, openTasks, planAnalysis } from "../../src/index.js";
import type { AnalysisTask, Journal } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { folder, noise, run } from "../cli/run.js";

const shapes = [
  [40, 30],
  [40, 30],
  [9, 64],
  [128, 20],
  [33, 33],
];
const file = safetensors(
  shapes.map(([rows, columns], i) => ({
    name: `model.layers.${i}.mlp.up_proj.weight`,
    dtype: "F32",
    shape: [rows, columns],
    bytes: noise(rows * columns, i === 1 ? 1 : i + 1),
  })),
);

/** What a carrier hands on, as text. */
function carried(results: ReadonlyMap<string, string>): Journal {
  return {
    has: (key) => results.has(key),
    get: async (key) => JSON.parse(results.get(key) ?? "null"),
    add: async () => undefined,
    close: async () => undefined,
  };
}

describe("a plan", () => {
  it("is the same plain data each time, a task for each matrix of the report, in its order", async () => {
    const plan = await planAnalysis(file, { permutations: 3 });
    expect(JSON.stringify(await planAnalysis(file, { permutations: 3, threads: 3 }))).toBe(JSON.stringify(plan));
    // A filter leaves the keys as they are.
    const some = await planAnalysis(file, { permutations: 3, include: /\.[12]\./ });
    expect(some.tasks).toEqual(plan.tasks.slice(1, 3));
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    const report = await analyze(file, { permutations: 3 });
    expect(plan.tasks.map(({ name }) => name)).toEqual(report.matrices.map(({ name }) => name));
    expect(new Set(plan.tasks.map(({ key }) => key)).size).toBe(shapes.length);
    expect(plan.options).toEqual(report.options);
    expect(plan.tool).toEqual(report.tool);
  });

  it("says what it would take", async () => {
    const { estimate, tasks } = await planAnalysis(file);
    expect(estimate.matrices).toBe(shapes.length);
    expect(estimate.bytesStored).toBe(4 * shapes.reduce((sum, [rows, columns]) => sum + rows * columns, 0));
    // Beside the tasks' own: start, and bytes that are not read from a file.
    const tasksAlone = tasks.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(estimate.coreSeconds).toBeGreaterThan(tasksAlone);
    expect(estimate.coreSeconds).toBeLessThan(tasksAlone + 0.2);
    expect(estimate.largestSeconds).toBeCloseTo(Math.max(...tasks.map(({ seconds }) => seconds)), 3);
    await expect(analyze(file, { memory: estimate.leastMemory })).resolves.toBeDefined();
    await expect(analyze(file, { memory: estimate.leastMemory - 1 })).rejects.toThrow(RangeError);
    const dearer = await planAnalysis(file, { permutations: 100 });
    expect(dearer.estimate.coreSeconds).toBeGreaterThan(estimate.coreSeconds);
  });

  it("counts the stored bytes of what is put together from several tensors", async () => {
    const fp8 = await planAnalysis(new URL("../fixtures/cases/1-fp8-block.safetensors", import.meta.url).pathname);
    expect(fp8.tasks.length).toBeGreaterThan(0);
    for (const { dtype, rows, columns, byteLength } of fp8.tasks) {
      if (!dtype.startsWith("FP8")) continue;
      // One byte a weight, and the scales of its blocks.
      expect(byteLength).toBeGreaterThan(rows * columns);
      expect(byteLength).toBeLessThan(2 * rows * columns);
    }
    expect(fp8.tasks.some(({ dtype }) => dtype.startsWith("FP8"))).toBe(true);
    expect(fp8.estimate.bytesStored).toBeLessThanOrEqual(fp8.source.byteLength);
  });

  it("is divided into batches that have every task once, in order, and keep their limits", () => {
    const task = fc.record({ seconds: fc.double({ min: 0, max: 9, noNaN: true }), byteLength: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(task), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200 }), (made, s, b) => {
        const tasks = made.map((one, i) => ({ ...one, key: String(i) }) as AnalysisTask);
        const batches = batchTasks({ tasks }, { seconds: s, bytes: b });
        expect(batches.flat()).toEqual(tasks);
        for (const batch of batches)
          if (batch.length > 1) {
            expect(batch.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThanOrEqual(s + 1e-9);
            expect(batch.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThanOrEqual(b);
          } else expect(batch).toHaveLength(1);
      }),
    );
  });
});

describe("tasks run by their keys", () => {
  it("give the report of one analysis, whatever the batches and who runs them", async () => {
    const whole = JSON.stringify(await analyze(file));
    const results = new Map<string, string>();
    const [one, another] = await Promise.all([openTasks(file), openTasks(file, { threads: 2, memory: 2000 })]);
    const [first, second, ...others] = batchTasks(one.plan, { seconds: 1e-9, bytes: 1 });
    const keep = ({ key, figures }: { key: string; figures: unknown }): void =>
      void results.set(key, JSON.stringify(figures));
    const keys = (batch: readonly AnalysisTask[]): string[] => batch.map(({ key }) => key);
    // Two runs at once of one runner, and a task that is done twice.
    await Promise.all([
      one.run(keys(first), keep),
      one.run(keys(second), keep),
      another.run(keys([...others.flat(), ...first]), keep),
    ]);
    await Promise.all([one.close(), another.close()]);
    expect(results.size).toBe(shapes.length);
    expect(JSON.stringify(await mergeReport(file, { journal: carried(results) }))).toBe(whole);
  });

  it("refuse a key of another plan", async () => {
    const runner = await openTasks(file, { seed: 2 });
    const other = await planAnalysis(file);
    await expect(runner.run([other.tasks[0].key], () => undefined)).rejects.toMatchObject({ code: "unknown-task" });
    await runner.close();
  });

  it("are computed away from the calling thread where that is asked, with one thread too", async () => {
    const here = JSON.stringify(await analyze(file, { threads: 1 }));
    expect(JSON.stringify(await analyze(file, { threads: 1, away: true }))).toBe(here);
    // Where no worker can start there is nobody to compute, though the calling thread could.
    const nowhere = { threads: 1, workerUrl: "data:text/javascript,throw new Error('no worker')" };
    expect(JSON.stringify(await analyze(file, nowhere))).toBe(here);
    await expect(analyze(file, { ...nowhere, away: true })).rejects.toThrow(/no worker/);
  });
});

describe("analyze --estimate", () => {
  it("says in words and in json what the plan says, and computes nothing", async () => {
    const source = path.join(folder(), "model.safetensors");
    writeFileSync(source, file);
    const words = await run(["analyze", source, "--estimate"]);
    expect(words.status).toBe(0);
    expect(words.stdout).toMatch(/^model\.safetensors: 5 matrices, .* stored\.\nAbout .* of one core; the dearest/);
    for (const line of words.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const json = await run(["analyze", source, "--estimate", "--format", "json"]);
    const { estimate } = await planAnalysis(source, { spectrum: "auto" });
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify(estimate)));
    expect((await run(["analyze", source, "--estimate", "--format", "csv"])).status).toBe(2);
  });
});
