import fc from "fast-check";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { loadMachine } from "../../src/kernels/load-machine.js";
import { load } from "../../src/load.js";
import type { Matrix, ParticipationOptions, ParticipationRatio } from "../../src/types.js";
import { data } from "../support/data.js";
import { noiseMatrix, participation64 } from "../support/reference.js";

export const kernels = await load();

export const machine = await loadMachine();

/** What every answer of the power method must satisfy, whatever the matrix. */
export function checkPower(matrix: Matrix, exact: number, options: ParticipationOptions = {}): ParticipationRatio {
  const result = kernels.participationRatio(matrix, { ...options, method: "power" });
  const { value, lower, upper, standardError } = result;
  const tolerance = options.tolerance ?? 1e-2;
  // The reference's own rounding.
  expect(lower).toBeLessThanOrEqual(exact * (1 + 1e-12));
  expect(upper).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
  expect(value).toBeGreaterThanOrEqual(lower);
  expect(value).toBeLessThanOrEqual(upper);
  if (result.convergedBy !== null)
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(tolerance * value + 4 * standardError);
  if (result.convergedBy === "bounds")
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(tolerance * value * (1 + 1e-12));
  if (result.convergedBy === "standard-error") expect(standardError).toBeLessThanOrEqual(tolerance * value);
  expect(result.method).toBe("power");
  return result;
}

export const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat(),
  power: fc.constantFrom(0, 0.5, 1, 3),
  scale: fc.constantFrom(1e-30, 1e-12, 1, 1e12, 1e30),
});

export const matrixOf = ({
  rows,
  columns,
  seed,
  power,
  scale,
}: {
  rows: number;
  columns: number;
  seed: number;
  power: number;
  scale: number;
}) => noiseMatrix(rows, columns, seed, (row) => scale / (1 + row) ** power);

export const models = [
  "models/selftrained-llama-en/model.safetensors",
  "models/selftrained-llama-en/init.bf16.safetensors",
  "models/stories260K/stories260K.f32.safetensors",
  "models/kwt1/kwt1.f16.safetensors",
  "models/rwkv6-1m/rwkv6-1m.f32.safetensors",
  "models/replica-10m/model.bf16.safetensors",
  "models/replica-10m/init.bf16.safetensors",
];

export function ofTrained(names: string[]): void {
  for (const name of names) {
    it(name, async () => {
      const checkpoint = await openCheckpoint(data(name));
      try {
        let seen = 0;
        for (const tensor of checkpoint.tensors) {
          if (tensor.shape.length !== 2 || Math.min(...tensor.shape) < 2) continue;
          const [rows, columns] = tensor.shape;
          const values = await checkpoint.readRows(tensor, 0, rows);
          const matrix = { rows, columns, data: values };
          const exact = participation64(matrix);
          expect(
            Math.abs(kernels.participationRatio(matrix, { method: "exact" }).value / exact - 1),
            tensor.name,
          ).toBeLessThan(1e-6);
          for (const seed of [1, 2])
            expect(checkPower(matrix, exact, { seed }).convergedBy, tensor.name).not.toBe(null);
          if (++seen === 12) break;
        }
        expect(seen).toBeGreaterThan(5);
      } finally {
        await checkpoint.close();
      }
    });
  }
}
