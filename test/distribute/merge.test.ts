import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { joinedJournal, openJournal } from "../../src/distribute/journal.js";
import { analyze, analyzePart, mergeReport } from "../../src/index.js";
import type { AnalyzeOptions, Journal, MatrixReport } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";

/** Two layers in two stacks, a tied pair, one matrix with a NaN, one of zeros, an expert stack, a vector. */
const random = new Random(11);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.float() - 0.5);
const embedding = noise(48 * 20);
const tensors: { name: string; shape: number[]; bytes: Float32Array }[] = [
  { name: "model.embed_tokens.weight", shape: [48, 20], bytes: embedding },
  { name: "lm_head.weight", shape: [48, 20], bytes: embedding },
  { name: "model.norm.weight", shape: [20], bytes: noise(20) },
  { name: "model.layers.0.mlp.experts.gate_up_proj", shape: [3, 40, 36], bytes: noise(3 * 40 * 36) },
  ...[0, 1].flatMap((layer) => [
    { name: `model.layers.${layer}.self_attn.q_proj.weight`, shape: [33, 20], bytes: noise(660) },
    { name: `vision.blocks.${layer}.mlp.fc1.weight`, shape: [9, 50], bytes: noise(450) },
  ]),
  { name: "model.layers.1.mlp.down_proj.weight", shape: [8, 8], bytes: noise(64).fill(NaN, 3, 4) },
  { name: "model.layers.1.mlp.up_proj.weight", shape: [8, 8], bytes: new Float32Array(64) },
];
const file = safetensors(tensors.map((tensor) => ({ ...tensor, dtype: "F32" })));
const options: AnalyzeOptions = {
  gaussians: ["auto", 4],
  permutations: 3,
  svd: true,
  energy: 0.9,
  singularValues: true,
};

/** A journal in memory. */
function remembered(): Journal & { entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    has: (key) => entries.has(key),
    get: async (key) => JSON.parse(entries.get(key) ?? "null"),
    add: async ({ key, figures }) => void entries.set(key, JSON.stringify(figures)),
    close: async () => undefined,
  };
}

let whole: string;
let folder: string;
beforeAll(async () => {
  whole = JSON.stringify(await analyze(file, options));
  folder = mkdtempSync(path.join(tmpdir(), "weightscope-merge-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("an analysis in parts", () => {
  it("gives the report of the whole, byte for byte, whatever the parts and their order", async () => {
    const orders = fc.integer({ min: 1, max: 6 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, k) => k + 1),
        { minLength: count, maxLength: count },
      ),
    );
    await fc.assert(
      fc.asyncProperty(orders, fc.integer({ min: 1, max: 2 }), async (order, threads) => {
        const journals = [];
        for (const index of order) {
          const journal = await openJournal(path.join(folder, `${order.length}.${index}.${threads}.jsonl`));
          const done = await analyzePart(file, { index, count: order.length }, { ...options, threads, journal });
          expect(done.matrices).toBeGreaterThanOrEqual(done.before);
          journals.push(journal);
        }
        const journal = joinedJournal(journals);
        expect(JSON.stringify(await mergeReport(file, { ...options, journal }))).toBe(whole);
        expect(JSON.stringify(await analyze(file, { ...options, journal }))).toBe(whole);
        await journal.close();
      }),
      { numRuns: 8 },
    );
  });

  it("does nothing twice, and tells onMatrix of what was done before", async () => {
    const journal = remembered();
    await analyzePart(file, { index: 1, count: 2 }, { ...options, journal });
    const before = journal.entries.size;
    expect(before).toBeGreaterThan(0);
    let added = 0;
    const counted: Journal = {
      ...journal,
      add(one) {
        added++;
        return journal.add(one);
      },
    };
    const seen: MatrixReport[] = [];
    const report = await analyze(file, { ...options, journal: counted, onMatrix: (one) => void seen.push(one) });
    expect(JSON.stringify(report)).toBe(whole);
    expect(added).toBe(report.matrices.length - before);
    expect(seen.map(({ name }) => name).sort()).toEqual(report.matrices.map(({ name }) => name).sort());
    added = 0;
    await analyzePart(file, { index: 1, count: 1 }, { ...options, journal: counted });
    expect(added).toBe(0);
  });

  it("broken off at any matrix is taken up there", async () => {
    const journal = remembered();
    for (let runs = 0; ; runs++) {
      const ending = new AbortController();
      const cut: Journal = {
        ...journal,
        add: async (one) => {
          await journal.add(one);
          ending.abort(new Error("killed"));
        },
      };
      const run = analyze(file, { ...options, journal: cut, signal: ending.signal });
      const report = await run.catch((error: Error) => error.message);
      if (report === "killed") continue;
      expect(JSON.stringify(report)).toBe(whole);
      expect(runs).toBeGreaterThan(1);
      return;
    }
  });

  it("names what is missing, or leaves it out and says so", async () => {
    const journal = remembered();
    await analyzePart(file, { index: 2, count: 3 }, { ...options, journal });
    await expect(mergeReport(file, { ...options, journal })).rejects.toMatchObject({ code: "incomplete" });
    const report = await mergeReport(file, { ...options, journal, partial: true });
    expect(report.matrices.length).toBe(journal.entries.size);
    expect(report.source.notes.join()).toContain("in no journal");
  });

  it("takes nothing of other options, of another file, or of another shape", async () => {
    const journal = remembered();
    await analyze(file, { ...options, journal });
    const all = journal.entries.size;
    for (const other of [{ seed: 2 }, { width: 0.7 }, { permutations: 4 }, { energy: 0.8 }, { gaussians: [4] }])
      await expect(mergeReport(file, { ...options, ...other, journal })).rejects.toMatchObject({ code: "incomplete" });
    const changed = file.slice();
    changed[changed.length - 300] ^= 1;
    // Bytes in memory carry no tag: length and place are all that tells them apart.
    const longer = safetensors(
      tensors
        .map((tensor) => ({ ...tensor, dtype: "F32" }))
        .concat({ name: "z", shape: [1], bytes: noise(1), dtype: "F32" }),
    );
    await expect(mergeReport(longer, { ...options, journal })).rejects.toMatchObject({ code: "incomplete" });
    // A filter changes no key.
    const some = await mergeReport(file, { ...options, include: /q_proj/, journal });
    expect(some.matrices.length).toBe(2);
    for (const [key, text] of journal.entries) journal.entries.set(key, text.replace('"norm":', '"norm":-'));
    await expect(mergeReport(file, { ...options, journal })).rejects.toMatchObject({ code: "incomplete" });
    expect(journal.entries.size).toBe(all);
  });

  it("ends where its journal can take no more", async () => {
    const full: Journal = {
      ...remembered(),
      add: async () => {
        throw new Error("no room left");
      },
    };
    await expect(analyze(file, { ...options, journal: full })).rejects.toThrow("no room left");
  });
});
