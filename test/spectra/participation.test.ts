import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Matrix, ParticipationOptions } from "../../src/types.js";
import { describeNeeding, inClone, inCollection } from "../support/data.js";
import { noiseMatrix, participation64, singularValues64 } from "../support/reference.js";
import { kernels, matrixOf, models, ofTrained, shapes } from "./participation-check.js";

describe("participation ratio, exact", () => {
  it("agrees with float64 for any shape and scale", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const matrix = matrixOf(shape);
        const result = kernels.participationRatio(matrix);
        const exact = participation64(matrix);
        expect(result.method).toBe("exact");
        expect(Math.abs(result.value / exact - 1)).toBeLessThan(1e-6);
        expect([result.lower, result.upper, result.standardError, result.convergedBy]).toEqual([
          result.value,
          result.value,
          0,
          "exact",
        ]);
        const singular = singularValues64(matrix);
        const squares = singular.reduce((sum, x) => sum + x * x, 0);
        expect(Math.abs(result.spectralNorm / singular[0] - 1)).toBeLessThan(1e-6);
        expect(Math.abs(result.squaredNorm / squares - 1)).toBeLessThan(1e-6);
        expect(Math.abs(result.stableRank / (squares / singular[0] ** 2) - 1)).toBeLessThan(1e-6);
      }),
      { numRuns: 150 },
    );
  });

  it("is taken up to a smaller side of 512, and not above", () => {
    expect(kernels.participationRatio(noiseMatrix(600, 512, 1)).method).toBe("exact");
    expect(kernels.participationRatio(noiseMatrix(512, 600, 1)).method).toBe("exact");
    expect(kernels.participationRatio(noiseMatrix(513, 513, 1)).method).toBe("power");
  });

  it("takes float64 weights as f32", () => {
    const matrix = noiseMatrix(20, 30, 5);
    const twice = { ...matrix, data: Float64Array.from(matrix.data) };
    expect(kernels.participationRatio(twice)).toEqual(kernels.participationRatio(matrix));
  });

  it("refuses what has no participation ratio, and options out of range", () => {
    const refused = (matrix: Matrix, options?: ParticipationOptions) =>
      expect(() => kernels.participationRatio(matrix, options)).toThrow(RangeError);
    for (const method of ["exact", "power"] as const) {
      refused({ rows: 3, columns: 4, data: new Float32Array(12) }, { method });
      refused({ rows: 0, columns: 4, data: new Float32Array(0) }, { method });
      refused({ rows: 4, columns: 0, data: new Float32Array(0) }, { method });
      refused({ rows: 2, columns: 2, data: Float32Array.of(1, NaN, 0, 1) }, { method });
      refused({ rows: 2, columns: 2, data: Float32Array.of(1, Infinity, 0, 1) }, { method });
      refused({ rows: 2, columns: 2, data: Float64Array.of(1, 1e300, 0, 1) }, { method });
      refused({ rows: 2, columns: 2, data: new Float32Array(3) }, { method });
    }
    const matrix = noiseMatrix(4, 4, 1);
    for (const tolerance of [0, -1, NaN]) refused(matrix, { method: "power", tolerance });
    for (const blockSize of [0, 1.5, NaN]) refused(matrix, { method: "power", blockSize });
    for (const maxIterations of [0, 2.5, NaN]) refused(matrix, { method: "power", maxIterations });
    refused(matrix, { method: "power", seed: NaN });
    refused(matrix, { method: "fast" as "power" });
  });
});

describe("participation ratio of the model made here", () => ofTrained(inClone(models)));

describeNeeding(["collection"], "participation ratio of other models", () => ofTrained(inCollection(models)));
