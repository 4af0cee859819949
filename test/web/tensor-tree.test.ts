import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planMatrices } from "../../src/analyze/plan.js";
import { openRaw } from "../../src/checkpoint/open.js";
import { interpret } from "../../src/checkpoint/views/interpreted.js";
import type { MatrixReport, Report, TensorInfo } from "../../src/types.js";
import { Overviews } from "../../src/web/overviews.js";
import { DEFAULT_SETTINGS } from "../../src/web/settings.js";
import { tensorPlaces } from "../../src/web/tensor-places.js";
import { type Branch, matching, TensorTree } from "../../src/web/tensor-tree.js";
import { modelFile, report } from "./report.js";

const named = (...names: string[]): TensorInfo[] =>
  names.map((name, i) => ({
    name,
    dtype: i % 2 ? "BF16" : "F32",
    shape: [i + 1, 4],
    parameters: 4 * (i + 1),
    byteOffset: 0,
    byteLength: 16,
    file: "m",
  }));
const whole = (tensors: TensorInfo[]): TensorTree => new TensorTree(tensors, [...tensors.keys()]);
const opened = (tree: TensorTree): Branch[] => {
  tree.openUntil(Infinity);
  return tree.rows();
};
const model = named(
  "model.embed_tokens.weight",
  "model.layers.10.mlp.up.weight",
  "model.layers.2.mlp.up.weight",
  "model.layers.2.mlp.down.weight",
  "lm_head.weight",
);

describe("the tree of tensors", () => {
  it("has a step for each part of the names, in the order of their numbers; what is alone is one step", () => {
    expect(opened(whole(model)).map(({ label, level }) => `${level} ${label}`)).toEqual([
      "1 lm_head.weight",
      "1 model.",
      "2 embed_tokens.weight",
      "2 layers.",
      "3 2.mlp.",
      "4 down.weight",
      "4 up.weight",
      "3 10.mlp.up.weight",
    ]);
  });

  it("opens no more than asked for, the upper levels first", () => {
    const tree = whole(model);
    tree.openUntil(4);
    expect(tree.rows().map(({ label }) => label)).toEqual([
      "lm_head.weight",
      "model.",
      "embed_tokens.weight",
      "layers.",
    ]);
  });

  it("keeps every tensor once, whole names along every path, whatever the names are", () => {
    const step = fc.constantFrom("a", "b", ".", "/", "0", "10", "..", "", "Ω");
    const names = fc.uniqueArray(
      fc.array(step, { minLength: 1, maxLength: 6 }).map((steps) => steps.join("")),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(names, (all) => {
        const tensors = named(...all);
        const rows = opened(whole(tensors));
        const leaves = rows.filter(({ leaf }) => leaf);
        expect(leaves.map(({ path }) => path).sort()).toEqual([...all].sort());
        for (const row of rows) {
          expect(row.path).toBe(`${row.above?.path ?? ""}${row.label}`);
          if (row.above) expect(row.level).toBe(row.above.level + 1);
          for (const place of row.tensors) expect(all[place].startsWith(row.path)).toBe(true);
        }
      }),
    );
  });

  it("finds words in names, types, shapes and remarks, all of them", () => {
    const found = (words: string): number[] =>
      matching(model, words, (place) => (place === 4 ? "skipped: vector" : ""));
    expect(found("")).toEqual([0, 1, 2, 3, 4]);
    expect(found("LAYERS.2 down")).toEqual([3]);
    expect(found("bf16")).toEqual([1, 3]);
    expect(found("3×4")).toEqual([2]);
    expect(found("skipped")).toEqual([4]);
    expect(found("nothing")).toEqual([]);
  });
});

describe("what becomes of tensors", () => {
  it("is said of each: its matrices, or why there are none", async () => {
    const checkpoint = await interpret(await openRaw(modelFile(2)));
    const plan = planMatrices(checkpoint, { exclude: /q_proj/ });
    const { first, count, reason, reasons } = tensorPlaces(checkpoint, plan);
    const names = plan.matrices.map(({ name }) => name);
    checkpoint.stored.tensors.forEach(({ name, shape }, i) => {
      const left = /q_proj/.test(name);
      expect(count[i], name).toBe(!left && shape.length === 2 ? 1 : 0);
      if (count[i] > 0) expect(names[first[i]]).toBe(name);
      else expect(reasons[reason[i]], name).toBe(left ? undefined : "vector");
    });
    expect(names.length).toBeGreaterThan(3);
  });

  it("keeps its place where another matrix failed", async () => {
    const all = await report();
    const names = all.matrices.map(({ name }) => name);
    const overviews = new Overviews();
    overviews.begin(DEFAULT_SETTINGS);
    all.matrices.forEach((matrix, index) => index !== 1 && overviews.take(index, matrix));
    const tied = (matrix: MatrixReport): MatrixReport => ({ ...matrix, tiedTo: "another" });
    const left: Report = { ...all, matrices: all.matrices.filter((_, index) => index !== 1) };
    left.matrices[left.matrices.length - 1] = tied(left.matrices[left.matrices.length - 1]);
    const changed = overviews.finish(left, names);
    expect(changed.map(({ index, matrix }) => [index, matrix.name])).toEqual([[names.length - 1, names.at(-1)]]);
    const keys = overviews
      .of(await openRaw(modelFile(3)), 0)
      .charts.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ key }) => key ?? -1)));
    expect(Math.max(...keys)).toBe(names.length - 1);
    expect(keys).not.toContain(1);
  });
});
