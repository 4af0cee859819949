import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { painter } from "../../src/report/layout.js";
import { reportTable } from "../../src/report/table.js";
import { fit, matrix, report, spectrum } from "./sample.js";

const plain = { columns: 80, paint: painter(false) };
const two = report([
  matrix("lm_head.weight", null),
  matrix("model.layers.0.self_attn.q_proj.weight", 0),
  matrix("model.layers.1.mlp.down_proj.weight", 1),
]);

describe("the table", () => {
  it("puts each figure beside its chance and its verdict", () => {
    const lines = reportTable(two, { ...plain, columns: 100 }).split("\n");
    const at = lines.findIndex((line) => line.includes("self_attn.q_proj"));
    expect(lines[at - 1]).toBe("layer 0");
    expect(lines[at]).toMatch(
      /^ {2}self_attn\.q_proj +60 256 +84\.0 +61\.2 +128 +13\.34 +16 +6\.71 +6\.12 +1\.1 +38\.1 +22\.0 +as noise$/,
    );
    expect(lines[at + 1]).toMatch(/^ {4}256 × 256 +8 +41\.0 +3\.01 +38\.4 +38\.1 +22\.0 +structure$/);
  });

  it("has one line a matrix at 80 columns: signal of side, its energy, PR beside noise, norm, verdict", () => {
    const lines = reportTable(two, plain).split("\n");
    const at = lines.findIndex((line) => line.includes("self_attn.q_proj"));
    expect(lines[at]).toMatch(/^ {2}self_attn\.q_proj +60 256 +84\.0 +61\.2 +128 +13\.34 +noise\/structure$/);
    expect(lines[at + 1]).toBe("layer 1");
    const doubted = matrix("a", null, {
      gaussian: [fit()],
      spectrum: spectrum(200, { verdict: "no bulk", bulk: null }),
    });
    const unsampled = matrix("b", null, { gaussian: [fit()], spectrum: null });
    const text = reportTable(report([doubted, unsampled]), plain);
    expect(text).toMatch(/\n {2}a +256 × 256 +200\? 256 +84\.0 +61\.2 +128 +13\.34 +as noise\n/);
    expect(text).toMatch(/\n {2}b +256 × 256 +– 256 +– +61\.2 +128 +13\.34 +as noise\n/);
    expect(text).toContain("?: what is left is not distributed");
  });

  it("keeps a turned matrix's shapes in their column, with permutations too", () => {
    const turned = report([
      matrix("h.0.attn.c_attn.weight", 0, {
        shape: [64, 192],
        rows: 192,
        columns: 64,
        gaussian: [fit(), fit({ gaussians: 8 })],
      }),
    ]);
    const lines = reportTable(turned, { ...plain, columns: 160 }).split("\n");
    const head = lines.find((line) => /^matrix +shape /.test(line))!;
    const row = lines.find((line) => line.startsWith("  attn.c_attn"))!;
    const end = head.indexOf("shape") + "shape".length;
    expect(row.slice(end - "192 × 64 of 64 × 192".length, end)).toBe("192 × 64 of 64 × 192");
  });

  it("begins with the answer, and ends with what it was made of", () => {
    const text = reportTable(two, { ...plain, columns: 300 });
    expect(text.split("\n")[0]).toBe(
      "180 of 768 directions stand above noise: 81,360 free parameters of 66,048, with 84.0 % of the energy.",
    );
    expect(text).toMatch(/\nlayer .*signal .*of .*holds/);
    expect(text).toContain("Stored as factors the signal takes 92,160 numbers; as many numbers spent on Gaussians");
    expect(text).toContain("Most signal of its side: lm_head.weight. Least: model.layers.1.mlp.down_proj.weight.");
  });

  it("draws the spectrum of a single matrix, the signal to the left of a bar, noise under it", () => {
    const values = Array.from({ length: 64 }, (_, i) => (i < 4 ? 100 / (i + 1) : 2 - i / 40));
    const one = matrix("a", null, {
      rows: 64,
      columns: 64,
      spectrum: { ...spectrum(4, { noiseVariance: 0.02, edge: 5.1 }), singularValues: values },
    });
    const lines = reportTable(report([one]), plain).split("\n");
    const at = lines.findIndex((line) => line.startsWith("σ"));
    expect(lines[at]).toMatch(/^σ {7}█[▁-█]{3}│[▁-█]{60}$/);
    expect(lines[at + 1]).toMatch(/^noise {3} {4} ?│[▁-█]{60}$/);
    expect(lines[at + 2]).toContain("Singular values by rank, 100");
    expect(reportTable(two, plain)).not.toContain("Singular values by rank");
  });

  it("is short where no singular values were found", () => {
    const bare = report([matrix("a", null, { spectrum: null, gaussian: [fit()] })]);
    const text = reportTable(bare, plain);
    expect(text).toMatch(/^How many of 66,048 parameters are free was not asked/);
    expect(text).not.toContain("signal");
  });

  it("fits the width, from 50 columns up", () => {
    for (const columns of [50, 60, 72, 80, 100, 132, 200]) {
      for (const line of reportTable(two, { ...plain, columns }).split("\n"))
        expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
    }
  });

  it("grows with the terminal", () => {
    expect(reportTable(two, { ...plain, columns: 80 })).not.toContain("stable rank");
    expect(reportTable(two, { ...plain, columns: 170 })).toMatch(
      /shape .*signal .*of .*holds .*PR .*noise .*stable rank .*norm .*z .*amplitude PR/,
    );
  });

  it("colours the verdicts and nothing else changes", () => {
    const colored = reportTable(two, { columns: 100, paint: painter(true) });
    expect(colored).toContain("\u001b[32mstructure\u001b[39m");
    expect(colored.replace(/\u001b\[\d+m/g, "")).toBe(reportTable(two, { ...plain, columns: 100 }));
  });

  it("says what has no figures and why", () => {
    const broken = matrix("h.0.attn.c_attn.weight", 0, { participation: null, gaussian: [] });
    broken.norms = { ...broken.norms, nonFinite: 3 };
    const text = reportTable(
      report([
        broken,
        matrix("h.0.mlp.c_fc.weight", 0, {
          participation: null,
          gaussian: [],
          norms: { ...broken.norms, nonFinite: 0, norm: 0 },
        }),
        matrix("wte.weight", null, { tiedTo: "lm_head.weight" }),
      ]),
      plain,
    );
    expect(text).toContain("3 of 65,536 weights are NaN or infinite: no participation ratio, no fit");
    expect(text).toContain("all weights are zero: no participation ratio, no fit");
    expect(text).toContain("tied to lm_head.weight, counted there");
    expect(text).toContain("(1 tied, counted once)");
    expect(text).not.toMatch(/NaN(?! or)|undefined|null/);
  });

  it("shows the error of an estimated participation ratio, and doubts one that did not converge", () => {
    const ratio = matrix("a", null).participation!;
    const of = (given: Partial<typeof ratio>) =>
      reportTable(
        report([
          matrix("a", null, {
            participation: {
              ...ratio,
              value: 612.3,
              lower: 500,
              upper: 700,
              standardError: 5.8,
              method: "power",
              ...given,
            },
          }),
        ]),
        plain,
      );
    expect(of({ convergedBy: "standard-error" })).toMatch(/ 612±6 /);
    expect(of({ convergedBy: "bounds", lower: 611.9, upper: 612.7, standardError: 0 })).toMatch(/ 612\.3±0\.4 /);
    expect(of({ convergedBy: null })).toMatch(/ 612±6\? /);
  });

  it("keeps two stacks of the same numbers apart", () => {
    const text = reportTable(
      report([
        matrix("model.decoder.layers.0.fc1.weight", 0, { stack: "model.decoder.layers" }),
        matrix("model.encoder.layers.0.fc1.weight", 0, { stack: "model.encoder.layers" }),
      ]),
      plain,
    );
    expect(text).toContain("\nmodel.decoder.layers 0\n");
    expect(text).toContain("\nmodel.encoder.layers 0\n");
  });

  it("sorts and cuts", () => {
    const small = matrix("model.layers.1.mlp.up_proj.weight", 1, { norms: { ...matrix("", 0).norms, norm: 99 } });
    const text = reportTable(report([...two.matrices, small]), { ...plain, sort: "norm", top: 2 });
    expect(text.indexOf("layers.1.mlp.up_proj")).toBeLessThan(text.indexOf("lm_head"));
    expect(text).toContain("and 2 more");
    expect(text.slice(0, text.indexOf("How many"))).not.toContain("layers.0.self_attn");
  });

  it("leaves out the columns that were not asked for, and says how to have them", () => {
    const { permuted, svdEnergy, svdAtEqualNumbers, ...asked } = fit({ verdict: null });
    const bare = report([matrix("a", null, { gaussian: [asked] })]);
    const text = reportTable(bare, { ...plain, columns: 160 });
    expect(text.split("\n")[2]).not.toMatch(/verdict|best|equal| z /);
    expect(text).toContain("--null");
    expect(text).toContain("--svd");
  });

  it("shows wide and hostile names without breaking the columns", () => {
    const text = reportTable(
      report([matrix("模型的注意力权重矩阵.很长很长的名字.weight", null), matrix("a\u001b[31m\u202eb.weight", null)]),
      plain,
    );
    expect(text).not.toMatch(/[\u001b\u202e]/);
    for (const line of text.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  });
});

describe("the summary", () => {
  it("answers in words", () => {
    const text = reportTable(two, { ...plain, columns: 2000 });
    expect(text).toContain(
      "66,048 parameters, 196,608 of them in 3 matrices; 2 other tensors skipped (1 vector, 1 integer).",
    );
    expect(text).toContain(
      "K = auto (16): 4,096 amplitudes stand for the matrices, 16.0 times fewer numbers, 4,608 numbers " +
        "in all. They keep 6.71 % of the energy. Shuffled columns would keep as much, in every one of the 3 matrices.",
    );
    expect(text).toContain("K = 8: 2,048 amplitudes");
    expect(text).toContain("Shuffled columns would keep less (structure) in 3 of 3 matrices.");
    expect(text).toContain("r = -0.16, p = 0.54, 95 % interval -0.61 to 0.36; not significant");
    expect(text).toContain("The norm decreases from layer to layer (29.87 in layer 0, 27.39 in layer 1).");
  });

  it("says what the asked energy takes, in all and of each matrix", () => {
    const target = (gaussians: number | null, rank: number) => ({ energyTarget: { energy: 0.9, gaussians, rank } });
    const of = report([matrix("a", null, target(231, 97)), matrix("b", null, target(null, 200))]);
    of.summary.energyTarget = { energy: 0.9, weights: 131_072, amplitudes: 124_672, factors: 115_200 };
    const text = reportTable(of, { ...plain, columns: 2000 });
    expect(text).toContain(
      "To keep 90 % of the energy of every matrix takes 124,672 amplitudes (1.05 times fewer than the 131,072 " +
        "weights), or 115,200 numbers as singular vectors (1.14 times fewer).",
    );
    expect(text).toContain("for 90 %: K = 231 of 256, or 97 of 256 singular vectors");
    expect(text).toContain("for 90 %: no K is enough, or 200 of 256 singular vectors");
  });
});
