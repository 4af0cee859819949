import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { analyze, load } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { one, tensor } from "./models.js";

describe("figures of analyze", () => {
  it("counts weights that are not finite, and gives no figure that would hang on them", async () => {
    const matrix = await one(
      tensor("w", [30, 40], 9, (d) => {
        d[700] = NaN;
        d[701] = Infinity;
        d[1199] = -Infinity;
      }),
    );
    expect(matrix).toMatchObject({ participation: null, gaussian: [], norms: { nonFinite: 3 } });
    expect(Object.values(matrix.norms).every(Number.isFinite)).toBe(true);
    const report = await analyze(
      safetensors([
        tensor("bad", [30, 40], 9, (d) => {
          d[0] = NaN;
        }),
        tensor("good", [30, 40], 10),
      ]),
    );
    expect(report.summary).toMatchObject({
      parameters: 2400,
      compression: [{ amplitudes: 240, effectiveParameters: 1440 }, {}],
    });
    expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/);
  });

  it("gives zeros, constants and single outliers their figures", async () => {
    expect(await one(tensor("w", [8, 8], 1, (d) => d.fill(0)))).toMatchObject({
      participation: null,
      gaussian: [],
      norms: { norm: 0 },
    });
    const constant = await one(
      tensor("w", [8, 16], 1, (d) => d.fill(1)),
      { permutations: 20 },
    );
    expect(constant.participation!.value).toBeCloseTo(1, 9);
    expect(constant.gaussian[0]).toMatchObject({ verdict: "as noise", amplitudeParticipationRatio: null });
    expect(constant.gaussian[0].permutedEnergy).toBeCloseTo(constant.gaussian[0].energy, 6);
    const outlier = await one(
      tensor("w", [600, 520], 1, (d) => {
        d.fill(0);
        d[777] = 1e20;
      }),
    );
    expect(outlier.participation!.value).toBeCloseTo(1, 6);
  });

  it.each([1e-30, 1e-24, 1e24, 1e30])("gives a matrix times %d the same figures", async (size) => {
    const power = 2 ** Math.round(Math.log2(size));
    const plain = await one(tensor("w", [60, 50], 12), { permutations: 4, svd: true });
    const scaled = await one(
      tensor("w", [60, 50], 12, (d) =>
        d.forEach((x, i) => {
          d[i] = x * power;
        }),
      ),
      { permutations: 4, svd: true },
    );
    expect(scaled.norms.norm / power).toBeCloseTo(plain.norms.norm, 9);
    expect(scaled.participation!.value).toBeCloseTo(plain.participation!.value, 9);
    expect(scaled.participation!.spectralNorm / power).toBeCloseTo(plain.participation!.spectralNorm, 6);
    expect(scaled.gaussian[0].energy).toBeCloseTo(plain.gaussian[0].energy, 9);
    expect(scaled.gaussian[0].permuted!.z).toBeCloseTo(plain.gaussian[0].permuted!.z, 4);
  });

  it("finds structure where columns are smooth, and none in noise", async () => {
    const smooth = await one(
      tensor("w", [80, 64], 13, (d) =>
        d.forEach((x, i) => {
          d[i] = x + 2 * Math.sin((i % 64) / 7 + Math.floor(i / 64));
        }),
      ),
      { permutations: 20 },
    );
    expect(smooth.gaussian[0].verdict).toBe("structure");
    const verdicts = await Promise.all(
      Array.from({ length: 12 }, (_, i) => one(tensor(`w${i}`, [80, 64], 100 + i), { permutations: 40 })),
    );
    expect(verdicts.filter((matrix) => matrix.gaussian[0].verdict !== "as noise").length).toBeLessThanOrEqual(1);
    const alternating = await one(
      tensor("w", [80, 64], 14, (d) => d.set(d.map((x, i) => x - d[(i + 1) % d.length]))),
      { permutations: 20 },
    );
    expect(alternating.gaussian[0].verdict).toBe("below noise");
  });

  it("says the closed-form mean that permutations show", async () => {
    const built = tensor("w", [20, 33], 15, (d) =>
      d.forEach((x, i) => {
        d[i] = x + 0.5;
      }),
    );
    const kernels = await load();
    const random = new Random(99);
    const matrix = await one(built, { permutations: 20, gaussians: [6] });
    const data = built.bytes as Float32Array;
    const energies: number[] = [];
    for (let p = 0; p < 400; p++) {
      const order = random.permutation(33);
      energies.push(
        kernels.fitGaussians(
          { rows: 20, columns: 33, data: data.map((_, i) => data[Math.floor(i / 33) * 33 + order[i % 33]]) },
          { gaussians: 6 },
        ).energy,
      );
    }
    const mean = energies.reduce((a, b) => a + b, 0) / 400;
    const deviation = Math.sqrt(energies.reduce((s, e) => s + (e - mean) ** 2, 0) / 400);
    expect(Math.abs(mean - matrix.gaussian[0].permutedEnergy)).toBeLessThan((4 * deviation) / 20);
    expect(matrix.gaussian[0].permuted!.standardDeviation / deviation).toBeGreaterThan(0.5);
    expect(matrix.gaussian[0].permuted!.standardDeviation / deviation).toBeLessThan(2);
  });
});
