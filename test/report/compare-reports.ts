import fc from "fast-check";
import type { ComparedMatrix, CompareReport } from "../../src/types.js";
import { positive, shares } from "./printed.js";

/** Counts. */
export const counts = fc.nat(10_000_000);
const source = { name: "model.safetensors", format: "safetensors", byteLength: 1 } as CompareReport["base"];

const matrix: fc.Arbitrary<ComparedMatrix> = fc
  .record({
    relativeChange: fc.option(positive),
    cosine: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
    changed: fc.oneof(fc.constant(0), shares),
    participation: fc.option(positive.map((value) => ({ value, spectralNorm: value / 3 }))),
    noise: positive,
    ranks: fc.option(fc.tuple(counts, counts, counts)),
    above: counts,
    signal: fc.option(fc.record({ directions: counts, verdict: fc.constant("ok" as const) })),
    norm: positive,
  })
  .map(({ ranks, noise, above, ...rest }) => ({
    ...rest,
    name: "a",
    baseName: "a",
    layer: null,
    stack: null,
    role: null,
    rows: 60,
    columns: 20,
    noiseParticipationRatio: noise,
    rankAboveRounding: above,
    energyRanks: ranks && { "0.5": ranks[0], "0.9": ranks[1], "0.99": ranks[2] },
  })) as fc.Arbitrary<ComparedMatrix>;

const group = fc.record({
  matrices: counts,
  unchanged: counts,
  relativeChange: fc.option(positive),
  medianRank90: fc.option(positive),
  largestRankAboveRounding: counts,
});

/** A report of two checkpoints with figures of any size. */
export const report: fc.Arbitrary<CompareReport> = fc
  .record({
    matrices: fc.array(matrix, { minLength: 1, maxLength: 3 }),
    layers: fc.array(group, { minLength: 1, maxLength: 2 }),
    roles: fc.array(group, { minLength: 1, maxLength: 2 }),
    cells: fc.array(group, { minLength: 1, maxLength: 3 }),
    adapterRanks: fc.array(fc.record({ rank: counts, energy: shares.filter((x) => x < 0.999), parameters: counts }), {
      minLength: 1,
      maxLength: 2,
    }),
    quantisation: fc.array(fc.record({ bits: positive, matrices: counts, weights: counts, error: positive }), {
      minLength: 1,
      maxLength: 2,
    }),
    summary: fc.record({
      relativeChange: positive,
      medianRank90: positive,
      smallestRank90: counts,
      largestRank90: counts,
      smallestRankAboveRounding: fc.integer({ min: 1, max: 100 }),
      largestRankAboveRounding: fc.integer({ min: 101, max: 1e6 }),
      othersChanged: fc.integer({ min: 1, max: 1e6 }),
      shareOutsideMatrices: shares,
    }),
  })
  .map(({ matrices, layers, roles, cells, quantisation, summary, ...rest }) => ({
    ...rest,
    schemaVersion: 1,
    base: source,
    tuned: source,
    options: {},
    matrices: matrices.map((one, i) => ({ ...one, name: `m${i}` })),
    others: [],
    unmatched: { base: [], tuned: [] },
    layers: layers.map((one, layer) => ({ ...one, stack: "s", layer })),
    roles: roles.map((one, i) => ({ ...one, role: `role${i}` })),
    cells: cells.map((one, layer) => ({ ...one, stack: "s", layer, role: "mlp.up" })),
    quantisation: quantisation.map((one, i) => ({ ...one, side: "tuned" as const, dtype: `Q${i}` })),
    notes: [],
    failed: [],
    summary: { ...summary, matrices: 12_345, unchanged: 345, others: 2_000_000 },
  }));
