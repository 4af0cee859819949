import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { gramOfSmallerSide, placeMatrix } from "../../src/kernels/dense.js";
import { atOnce } from "../../src/kernels/eigenvalues.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { allSquares } from "../../src/spectra/all-values.js";
import { signFlipDirections } from "../../src/spectra/sign-flips.js";
import { signalDirections } from "../../src/spectra/signal.js";

const machine = await loadMachine();

/** Directions by sign flips, and by the Marchenko–Pastur edge. */
function count(rows: number, columns: number, data: Float32Array, seed = 1): [flips: number, edge: number] {
  return machine.scope(() => {
    const placed = placeMatrix(machine, { rows, columns, data }, true);
    const terms = Math.max(rows, columns);
    const squares = machine.scope(() => {
      const gram = atOnce(gramOfSmallerSide(machine, placed));
      const order = Math.min(rows, columns);
      return allSquares(machine, { pointer: gram.pointer, stride: gram.side, order, terms }).squares;
    });
    const steps = signFlipDirections(machine, { ...placed, squares }, seed);
    for (;;) {
      const step = steps.next();
      if (step.done) return [step.value, signalDirections(squares, rows, columns).directions];
    }
  });
}

function filled(rows: number, columns: number, of: (random: Random, row: number) => number, seed = 7): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: rows * columns }, (_, i) => of(random, Math.floor(i / columns)));
}

/** Student's t with three degrees of freedom. */
const student3 = (random: Random): number => {
  const [a, b, c] = [random.normal(), random.normal(), random.normal()];
  return random.normal() / Math.sqrt((a * a + b * b + c * c) / 3);
};

const shapes: [rows: number, columns: number][] = [
  [256, 96],
  [128, 128],
  [90, 200],
  [33, 57],
];

describe("directions by sign flips", () => {
  /** Counts over seeds: the largest σ of noise exceeds five flips of it one time in six, whatever the noise. */
  const counts = (rows: number, columns: number, of: (random: Random, row: number) => number): number[][] =>
    Array.from({ length: 9 }, (_, seed) => count(rows, columns, filled(rows, columns, of, seed + 1), seed));
  const median = (values: number[]): number => [...values].sort((x, y) => x - y)[values.length >> 1];
  const unequal = (random: Random, row: number): number => random.normal() * (row % 4 === 0 ? 5 : 0.5);

  it.each(shapes)("%d × %d: none in Student's t₃ noise, rows of unequal variance, white noise", (rows, columns) => {
    for (const noise of [student3, unequal, (random: Random) => random.normal()]) {
      const flips = counts(rows, columns, noise).map(([found]) => found);
      expect(median(flips), flips.join()).toBe(0);
      expect(Math.max(...flips), flips.join()).toBeLessThanOrEqual(2);
    }
  });

  it("where the Marchenko–Pastur edge finds many", () => {
    const edges = (of: typeof unequal): number => median(counts(256, 96, of).map(([, edge]) => edge));
    expect(edges(student3)).toBeGreaterThanOrEqual(3);
    expect(edges(unequal)).toBeGreaterThanOrEqual(3);
  });

  it.each(shapes)("%d × %d: five planted far above the noise", (rows, columns) => {
    const random = new Random(3);
    const noise = filled(rows, columns, (draw) => draw.normal());
    for (let r = 0; r < 5; r++) {
      const u = Float64Array.from({ length: rows }, () => random.sign() / Math.sqrt(rows));
      const v = Float64Array.from({ length: columns }, () => random.sign() / Math.sqrt(columns));
      const strength = (4 + r) * (rows * columns) ** 0.25 * 2;
      for (let i = 0; i < noise.length; i++) noise[i] += strength * u[Math.floor(i / columns)] * v[i % columns];
    }
    expect(count(rows, columns, noise)[0]).toBe(5);
  });

  it("leaves the arena as it was, and gives the same for the same seed", () => {
    const data = filled(40, 30, student3);
    const marked = machine.exports.mark();
    expect(count(40, 30, data, 5)).toEqual(count(40, 30, data, 5));
    expect(machine.exports.mark()).toBe(marked);
  });

  it("of a matrix of low rank: all of it, as far as half the side", () => {
    const random = new Random(2);
    const u = Array.from({ length: 60 }, () => random.normal());
    const v = Array.from({ length: 50 }, () => random.normal());
    const data = Float32Array.from(
      { length: 3000 },
      (_, i) => u[Math.floor(i / 50)] * v[i % 50] + 1e-4 * random.normal(),
    );
    expect(count(60, 50, data)[0]).toBe(1);
  });
});
