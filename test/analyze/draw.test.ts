import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Drawable, drawSample, type SampleDesign, weightIn } from "../../src/analyze/draw.js";
import { sampleError } from "../../src/analyze/sample-error.js";
import { Random } from "../../src/base/random.js";

const at = (name: string, layer: number | null, [rows, columns] = [8, 8], stack = "model.layers"): Drawable => ({
  name,
  layer,
  stack: layer === null ? null : stack,
  rows,
  columns,
});

/** A mixture of experts: the first layers dense, an embedding before them. */
function mixture(layers: number, experts: number, dense = 0): Drawable[] {
  const found = [at("model.embed_tokens.weight", null, [100, 8])];
  for (let layer = 0; layer < layers; layer++) {
    const name = (rest: string): string => `model.layers.${layer}.${rest}.weight`;
    found.push(at(name("self_attn.q_proj"), layer));
    if (layer < dense) found.push(at(name("mlp.up_proj"), layer, [64, 8]));
    else
      for (let expert = 0; expert < experts; expert++)
        for (const role of ["up", "down"]) found.push(at(name(`mlp.experts.${expert}.${role}_proj`), layer, [16, 8]));
  }
  return found;
}

const layersOf = (design: SampleDesign, matrices: readonly Drawable[]): number[] => [
  ...new Set(matrices.flatMap(({ name, layer }) => (design.places.has(name) && layer !== null ? [layer] : []))),
];
const weight = (design: SampleDesign, { name }: Drawable): number => {
  const place = design.places.get(name);
  return place ? weightIn(design, place) : 0;
};

describe("what stands for all", () => {
  it("is every so manieth layer from a seeded start, whole, and what is in none", () => {
    const all = mixture(32, 2);
    const design = drawSample(all, { layers: 8 }, 5)!;
    const layers = layersOf(design, all);
    expect(layers).toHaveLength(8);
    for (let i = 1; i < layers.length; i++) expect(layers[i] - layers[i - 1]).toBe(4);
    expect(design.places.size).toBe(1 + 8 * 5);
    expect(design.places.has("model.embed_tokens.weight")).toBe(true);
    expect(design.layers).toEqual([{ stack: "model.layers", measured: 8, of: 32 }]);
    for (const matrix of all) expect([0, matrix.layer === null ? 1 : 4]).toContain(weight(design, matrix));
    const starts = new Set(
      Array.from({ length: 30 }, (_, seed) => layersOf(drawSample(all, { layers: 8 }, seed)!, all)[0]),
    );
    expect([...starts].sort()).toEqual([0, 1, 2, 3]);
  });

  it("is so many experts of each layer, other ones in each, all their matrices", () => {
    const all = mixture(6, 10);
    const design = drawSample(all, { experts: 3 }, 1)!;
    expect(design.places.size).toBe(1 + 6 * (1 + 2 * 3));
    const drawn = [0, 1, 2, 3, 4, 5].map((layer) =>
      all.flatMap(({ name, layer: own }) => {
        const expert = /experts\.(\d+)\.up/.exec(name)?.[1];
        return own === layer && expert && design.places.has(name) ? [expert] : [];
      }),
    );
    for (const [layer, own] of drawn.entries()) {
      expect(new Set(own).size).toBe(3);
      for (const expert of own)
        expect(design.places.has(`model.layers.${layer}.mlp.experts.${expert}.down_proj.weight`)).toBe(true);
    }
    expect(new Set(drawn.map(String)).size).toBeGreaterThan(3);
    // Slices of a stacked tensor are experts too.
    const slices = Array.from({ length: 12 }, (_, i) => at(`blk.0.ffn_up_exps.weight[${i}]`, 0));
    expect(drawSample(slices, { experts: 5 }, 1)!.places.size).toBe(5);
    const named = Array.from({ length: 12 }, (_, i) => at(`encoder.block.1.mlp.experts.expert_${i}.wi.weight`, 1));
    expect(drawSample(named, { experts: 5 }, 1)!.places.size).toBe(5);
  });

  it("has two of each kind of layer where the number allows it, and as many as were asked for", () => {
    const all = mixture(30, 4, 3);
    for (const layers of [4, 8, 15]) {
      const drawn = layersOf(drawSample(all, { layers }, 7)!, all);
      expect(drawn).toHaveLength(layers);
      expect(drawn.filter((layer) => layer < 3).length).toBeGreaterThanOrEqual(2);
    }
    // More kinds than can be drawn from: as one.
    const each = Array.from({ length: 20 }, (_, layer) =>
      at(`model.layers.${layer}.mlp.up_proj.weight`, layer, [8 + layer, 8]),
    );
    expect(layersOf(drawSample(each, { layers: 5 }, 1)!, each)).toHaveLength(5);
  });

  it("is everything, as no sample, where there is no more", () => {
    const all = mixture(5, 3, 1);
    for (const sample of [{ layers: 5 }, { layers: 99, experts: 3 }, { experts: 1000 }])
      expect(drawSample(all, sample, 1)).toBeNull();
    expect(drawSample([at("a", null), at("b", null)], { layers: 1, experts: 1 }, 1)).toBeNull();
    expect(drawSample([], { layers: 1 }, 1)).toBeNull();
  });

  it("weighs what is drawn so that weights are those of all, whatever was drawn", () => {
    const options = fc.record({ layers: fc.integer({ min: 1, max: 12 }), experts: fc.integer({ min: 1, max: 7 }) });
    fc.assert(
      fc.property(options, fc.nat(), fc.integer({ min: 0, max: 4 }), (sample, seed, dense) => {
        const all = mixture(11, 6, dense);
        const design = drawSample(all, sample, seed);
        if (!design) return;
        const parameters = (matrix: Drawable): number => matrix.rows * matrix.columns;
        const total = all.reduce((sum, matrix) => sum + weight(design, matrix) * parameters(matrix), 0);
        expect(total).toBeCloseTo(
          all.reduce((sum, matrix) => sum + parameters(matrix), 0),
          6,
        );
      }),
    );
  });
});

/** Estimates of totals of many populations, one a seed, and how often the truth lies within two standard errors. */
function estimates(
  all: Drawable[],
  populationOf: (seed: number) => ReadonlyMap<string, number>,
  sample: { layers?: number; experts?: number },
) {
  const runs = 200;
  let [off, squares, variance, covered] = [0, 0, 0, 0];
  for (let seed = 0; seed < runs; seed++) {
    const figure = populationOf(seed);
    const value = ({ name }: Drawable): number => figure.get(name)!;
    const design = drawSample(all, sample, seed)!;
    const drawn = all.filter(({ name }) => design.places.has(name));
    const truth = all.reduce((sum, matrix) => sum + value(matrix), 0);
    const estimate = drawn.reduce((sum, matrix) => sum + weight(design, matrix) * value(matrix), 0);
    const error = sampleError(design, drawn, value)!;
    off += (estimate - truth) / runs;
    squares += (estimate - truth) ** 2 / runs;
    variance += (error * error) / runs;
    if (Math.abs(estimate - truth) <= 2 * error) covered += 1 / runs;
  }
  return { off, spread: Math.sqrt(squares), error: Math.sqrt(variance), covered, runs };
}

describe("the standard error of what a sample gives", () => {
  const populations = fc.record({
    seed: fc.nat(),
    between: fc.double({ min: 0, max: 3, noNaN: true }),
    within: fc.double({ min: 0.2, max: 3, noNaN: true }),
    sample: fc.constantFrom({ layers: 8 }, { experts: 6 }, { layers: 12, experts: 5 }),
    dense: fc.constantFrom(0, 4),
  });

  it("is that of estimates which are right on average, and covers the truth", () => {
    fc.assert(
      fc.property(populations, ({ seed, between, within, sample, dense }) => {
        const all = mixture(24, 12, dense);
        const populationOf = (run: number): ReadonlyMap<string, number> => {
          const random = new Random(seed + 1000 * run);
          const ofLayer = Array.from({ length: 24 }, () => between * random.normal());
          return new Map(
            all.map(({ name, layer, rows, columns }) => [
              name,
              (rows * columns * (10 + (layer === null ? 0 : ofLayer[layer]) + within * random.normal())) / 64,
            ]),
          );
        };
        const { off, spread, error, covered, runs } = estimates(all, populationOf, sample);
        // Five standard errors of a mean over the seeds, which chance alone does not pass; a standard deviation of so
        // many is known to some 5 %.
        expect(Math.abs(off)).toBeLessThanOrEqual((5 * spread) / Math.sqrt(runs));
        expect(error / spread).toBeGreaterThan(0.75);
        expect(error / spread).toBeLessThan(1.35);
        // Some nine of ten by Student's t, less four standard errors of the count.
        expect(covered).toBeGreaterThan(0.8);
      }),
      { numRuns: 4 },
    );
  });

  it("covers what changes evenly over depth, and is not blown up by it", () => {
    const all = mixture(48, 0);
    const populationOf = (seed: number): ReadonlyMap<string, number> => {
      const random = new Random(seed);
      return new Map(all.map(({ name, layer }) => [name, (layer ?? 0) + 0.3 * random.normal()]));
    };
    const { off, error, covered } = estimates(all, populationOf, { layers: 12 });
    expect(Math.abs(off)).toBeLessThan(0.01 * 24 * 47);
    expect(covered).toBeGreaterThan(0.8);
    // A simple sample's would be 48 · 13.9 · √(¾/12).
    expect(error).toBeLessThan(0.5 * 48 * 13.9 * Math.sqrt(0.75 / 12));
  });

  it("is that of the textbook, by hand", () => {
    // Two of four layers, three of six experts of one.
    const layers = [0, 1, 2, 3].map((layer) => at(`model.layers.${layer}.mlp.up_proj.weight`, layer));
    const design = drawSample(layers, { layers: 2 }, 1)!;
    const drawn = layers.filter(({ name }) => design.places.has(name));
    const values = new Map(drawn.map(({ name }, i) => [name, [3, 7][i]]));
    expect(sampleError(design, drawn, ({ name }) => values.get(name)!)).toBeCloseTo(
      Math.sqrt((16 * 0.5 * 8) / 2 + (16 * 4 * 3) / 12),
      12,
    );
    const experts = Array.from({ length: 6 }, (_, i) => at(`model.layers.0.mlp.experts.${i}.w1.weight`, 0));
    const some = drawSample(experts, { experts: 3 }, 1)!;
    const three = experts.filter(({ name }) => some.places.has(name));
    const of = new Map(three.map(({ name }, i) => [name, [1, 2, 6][i]]));
    expect(sampleError(some, three, ({ name }) => of.get(name)!)).toBeCloseTo(Math.sqrt((36 * 0.5 * 7) / 3), 12);
    // One of several says nothing of a spread; all have none.
    expect(sampleError(drawSample(layers, { layers: 1 }, 1), drawn, () => 1)).toBeNull();
    expect(sampleError(null, drawn, () => 1)).toBe(0);
  });
});
