import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampledSpectra } from "../../src/analyze/sample.js";
import { costOf, spectrumCostOf } from "../../src/matrix/schedule.js";
import type { StoredMatrix } from "../../src/matrix/stored.js";

const stored = (name: string, rows: number, columns: number, role: string | null = null, layer = 0): StoredMatrix => ({
  name,
  stack: null,
  layer,
  role,
  tensor: { name, dtype: "F32", shape: [rows, columns], parameters: 0, byteOffset: 0, byteLength: 0, file: "" },
  type: {} as StoredMatrix["type"],
  shape: [rows, columns],
  rows,
  columns,
  transposed: false,
  byteStart: 0,
  file: null,
  spectrum: false,
  rowBytes: columns * 4,
  byteLength: rows * columns * 4,
});

/** A decoder of 32 layers with seven matrices each, 4096 wide. */
const decoder = Array.from({ length: 32 }, (_, layer) => [
  ...["q", "k", "v", "o"].map((role) => stored(`${layer}.${role}`, 4096, 4096, role, layer)),
  ...["gate", "up"].map((role) => stored(`${layer}.${role}`, 11008, 4096, role, layer)),
  stored(`${layer}.down`, 4096, 11008, "down", layer),
]).flat();

const budgetOf = (matrices: StoredMatrix[]): number =>
  matrices.reduce(
    (sum, matrix) =>
      sum +
      costOf(matrix, {
        gaussians: ["auto", "8"],
        width: 0.5,
        permutations: 0,
        participation: {},
        svd: false,
        energy: null,
        singularValues: false,
        seed: 1,
      }),
    0,
  );

describe("whose singular values are found by default", () => {
  it("all with a smaller side up to 512, and none beyond where a checkpoint pays for none", () => {
    const matrices = [stored("a", 512, 100_000), stored("b", 40, 30), stored("c", 6000, 6000)];
    expect([...sampledSpectra(matrices, 1)]).toEqual(["a", "b"]);
  });

  it("a sample whose cost is at most that of the default figures, the heaviest roles first", () => {
    const drawn = sampledSpectra(decoder, 1);
    const spectra = decoder.filter(({ name }) => drawn.has(name));
    expect(spectra.length).toBeGreaterThan(0);
    expect(spectra.reduce((sum, matrix) => sum + spectrumCostOf(matrix), 0)).toBeLessThanOrEqual(budgetOf(decoder));
    expect(["gate", "up", "down"]).toContain([...drawn][0].split(".")[1]);
  });

  it("depends on matrices and seed alone, whatever their order within a role's turn", () => {
    expect([...sampledSpectra(decoder, 5)].sort()).toEqual([...sampledSpectra(decoder, 5)].sort());
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => [...sampledSpectra(decoder, seed)].join());
    expect(new Set(seeds).size).toBeGreaterThan(4);
  });

  it("spreads a role's matrices over depth", () => {
    // Many cheap matrices beside, so that eight of the role fit.
    const role = Array.from({ length: 64 }, (_, layer) => stored(`r${layer}`, 600, 600, "r", layer));
    const bulk = Array.from({ length: 20 }, (_, i) => stored(`s${i}`, 500, 20_000, "s"));
    const layers = role
      .filter(({ name }) => sampledSpectra([...role, ...bulk], 3).has(name))
      .map(({ layer }) => layer!);
    const quarters = new Set(layers.map((layer) => Math.floor(layer / 16)));
    expect(layers.length).toBeGreaterThanOrEqual(8);
    expect(quarters.size).toBe(4);
  });

  it("never costs more than the rest, of any checkpoint", () => {
    const one = fc.record({
      rows: fc.integer({ min: 2, max: 9000 }),
      columns: fc.integer({ min: 2, max: 9000 }),
      role: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), fc.nat(), (shapes, seed) => {
        const matrices = shapes.map(({ rows, columns, role }, i) => stored(`m${i}`, rows, columns, `r${role}`));
        const drawn = sampledSpectra(matrices, seed);
        const beyond = matrices.filter(({ name, rows, columns }) => drawn.has(name) && Math.min(rows, columns) > 512);
        const cost = beyond.reduce((sum, matrix) => sum + spectrumCostOf(matrix), 0);
        expect(cost).toBeLessThanOrEqual(budgetOf(matrices) * (1 + 1e-12));
        for (const { name, rows, columns } of matrices)
          if (Math.min(rows, columns) <= 512) expect(drawn.has(name)).toBe(true);
      }),
    );
  });
});
