import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMatrix, anyOptions, checkFit, kernels, noise, sums } from "./free-check.js";

describe("properties", () => {
  it("figures are those of the returned parameters, for any row, K and start", () => {
    fc.assert(
      fc.property(
        anyMatrix(60),
        fc.double({ min: 0, max: 1, noNaN: true }),
        anyOptions,
        fc.constantFrom("pursuit" as const, "even" as const),
        (matrix, part, options, start) => {
          const full = { ...options, start, gaussians: 1 + Math.round(part * (matrix.columns - 1)) };
          checkFit(matrix, kernels.fitFreeGaussians(matrix, full), full);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("from a pursuit no figure falls with K, between any two K", () => {
    fc.assert(
      fc.property(
        anyMatrix(70),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 70 }),
        anyOptions,
        (matrix, one, other, options) => {
          const few = Math.min(one, other, matrix.columns);
          const many = Math.min(Math.max(one, other), matrix.columns);
          const small = kernels.fitFreeGaussians(matrix, { ...options, gaussians: few });
          const large = kernels.fitFreeGaussians(matrix, { ...options, gaussians: many });
          expect(large.energy).toBeGreaterThanOrEqual(small.energy);
          expect(large.r2).toBeGreaterThanOrEqual(small.r2);
          for (let row = 0; row < matrix.rows; row++) expect(large.rowR2[row]).toBeGreaterThanOrEqual(small.rowR2[row]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("a power of two scales the amplitudes and changes nothing else", () => {
    const matrix = noise(4, 50, 3);
    const options = { gaussians: 5 };
    const plain = kernels.fitFreeGaussians(matrix, options);
    for (const scale of [2 ** -100, 2 ** 90]) {
      const scaled = kernels.fitFreeGaussians(
        { ...matrix, data: matrix.data.map((value) => value * scale) as Float32Array },
        options,
      );
      expect({ ...scaled, amplitudes: scaled.amplitudes.map((value) => value / scale) }).toEqual(plain);
    }
  });

  it("a row's fit depends on that row alone", () => {
    const matrix = noise(700, 900, 4);
    const fit = kernels.fitFreeGaussians(matrix, { gaussians: 2 });
    for (const row of [0, 1, 350, 699]) {
      const alone = kernels.fitFreeGaussians(
        { rows: 1, columns: 900, data: matrix.data.slice(row * 900, (row + 1) * 900) },
        { gaussians: 2 },
      );
      expect(alone.centres).toEqual(fit.centres.slice(2 * row, 2 * row + 2));
      expect(alone.rowR2[0]).toBe(fit.rowR2[row]);
    }
  });

  it("float64 input is read as float32", () => {
    const matrix = noise(2, 20);
    expect(kernels.fitFreeGaussians({ ...matrix, data: Float64Array.from(matrix.data) }, { gaussians: 3 })).toEqual(
      kernels.fitFreeGaussians(matrix, { gaussians: 3 }),
    );
  });
});

describe("the answer is a minimum", () => {
  it.each(["pursuit", "even"] as const)(
    "amplitudes are least squares and no centre or free width would rather move (%s)",
    (start) => {
      const matrix = noise(20, 96, 7);
      const gaussians = 6;
      const fit = kernels.fitFreeGaussians(matrix, { gaussians, start, tolerance: 1e-13 });
      for (let row = 0; row < matrix.rows; row++) {
        const { squares, residual } = sums(matrix, fit, row);
        // Central differences of the squared error; amplitudes solved anew would lower it by second order only.
        for (let k = row * gaussians; k < (row + 1) * gaussians; k++) {
          for (const name of ["amplitudes", "centres", "sigmas"] as const) {
            if (name === "sigmas" && fit.sigmas[k] < 0.3001) continue;
            const unit = name === "amplitudes" ? Math.abs(fit.amplitudes[k]) : fit.sigmas[k];
            const at = (shift: number): number =>
              sums(
                matrix,
                {
                  ...fit,
                  [name]: Float64Array.from(fit[name], (value, i) => (i === k ? value + shift * unit : value)),
                },
                row,
              ).residual;
            const slope = (at(1e-4) - at(-1e-4)) / 2e-4;
            const curvature = (at(1e-4) + at(-1e-4) - 2 * residual) / 1e-8;
            // The Newton step that is left would gain next to nothing.
            expect((slope * slope) / (2 * Math.max(curvature, 1e-3 * squares))).toBeLessThan(2e-5 * squares);
          }
        }
      }
    },
  );
});

describe("planted Gaussians", () => {
  it("are found again, from a pursuit", () => {
    const planted = [
      [2, 20.3, 3],
      [-1.5, 51.7, 1.2],
      [0.8, 90, 11],
      [3, 118.4, 0.8],
    ];
    const columns = 128;
    const data = Float32Array.from({ length: columns }, (_, j) =>
      planted.reduce((sum, [a, mu, sigma]) => sum + a * Math.exp(-((j - mu) ** 2) / (2 * sigma ** 2)), 0),
    );
    const fit = kernels.fitFreeGaussians({ rows: 1, columns, data }, { gaussians: 4 });
    const found = [0, 1, 2, 3]
      .map((k) => [fit.amplitudes[k], fit.centres[k], fit.sigmas[k]])
      .sort((a, b) => a[1] - b[1]);
    found.forEach((values, k) => values.forEach((value, i) => expect(value).toBeCloseTo(planted[k][i], 4)));
    expect(fit.rowR2[0]).toBeGreaterThan(1 - 1e-9);
    expect(fit.status).toEqual(["converged"]);
    // A fifth has next to nothing to do.
    const more = kernels.fitFreeGaussians({ rows: 1, columns, data }, { gaussians: 12 });
    expect(more.energy).toBeGreaterThanOrEqual(fit.energy);
  });

  it("one, wherever it is and however wide", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 39, noNaN: true }),
        fc.double({ min: 0.5, max: 20, noNaN: true }),
        fc.double({ min: -100, max: 100, noNaN: true }),
        (mu, sigma, amplitude) => {
          if (Math.abs(amplitude) < 1e-3) return;
          const data = Float32Array.from(
            { length: 40 },
            (_, j) => amplitude * Math.exp(-((j - mu) ** 2) / (2 * sigma ** 2)),
          );
          const fit = kernels.fitFreeGaussians({ rows: 1, columns: 40, data }, { gaussians: 1 });
          expect(fit.energy).toBeGreaterThan(1 - 1e-10);
          expect(fit.centres[0]).toBeCloseTo(mu, 2);
          expect(fit.sigmas[0] / sigma).toBeCloseTo(1, 2);
        },
      ),
      { numRuns: 200 },
    );
  });
});
