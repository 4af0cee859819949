import { describe, expect, it } from "vitest";
import { analyze } from "../../src/index.js";
import { reportTable } from "../../src/report/table.js";
import { safetensors } from "../checkpoint/files.js";
import { tensor } from "./models.js";

const LAYERS = 4;

/** A decoder whose matrices lie above the side up to which all are counted, beside an embedding that pays for some. */
const model = safetensors([
  tensor("model.embed_tokens.weight", [30_000, 256], 1),
  tensor("model.layers.0.self_attn.o_proj.weight", [1500, 1500], 2),
  ...Array.from({ length: LAYERS }, (_, layer) => [
    tensor(`model.layers.${layer}.self_attn.q_proj.weight`, [520, 520], 10 + layer, (values) =>
      plant(values, 520, layer + 1),
    ),
    tensor(`model.layers.${layer}.mlp.up_proj.weight`, [640, 520], 30 + layer, (values) =>
      plant(values, 520, 2 * layer + 2),
    ),
  ]).flat(),
]);

/** `rank` directions far above the noise: ±1 patterns of rows and columns by the digits of their numbers. */
function plant(values: Float32Array, columns: number, rank: number): void {
  for (let at = 0; at < values.length; at++) {
    const [i, j] = [Math.floor(at / columns), at % columns];
    for (let r = 0; r < rank; r++)
      values[at] += (((i * (r + 3)) >> 3) & 1 ? 1 : -1) * (((j * (r + 5)) >> 2) & 1 ? 1 : -1);
  }
}

describe("a checkpoint whose spectra are a sample", () => {
  it("says of how many they are, extends them by role with an error, and names a role too dear", async () => {
    const sampled = await analyze(model, { gaussians: [8] });
    const all = await analyze(model, { gaussians: [8], spectrum: "all", exclude: /o_proj/ });
    const counted = sampled.matrices.filter(({ spectrum }) => spectrum !== null);
    const of = (role: string): number => counted.filter((matrix) => matrix.role === role).length;
    expect([of("embedding"), of("attention.query"), of("mlp.up"), of("attention.output")]).toEqual([1, 2, 2, 0]);
    for (const { name, spectrum } of counted)
      expect(spectrum, name).toEqual(all.matrices.find((matrix) => matrix.name === name)!.spectrum);

    const { signal } = sampled.summary;
    const whole = all.summary.signal!;
    expect(signal).toMatchObject({ counted: 5, matrices: 10, of: 256 + 2 * LAYERS * 520 });
    expect(signal!.unsampledRoles).toEqual(["attention.output"]);
    expect(whole).toMatchObject({ counted: 9, matrices: 9, of: signal!.of, standardError: 0, unsampledRoles: [] });
    expect(signal!.standardError).toBeGreaterThan(0);
    expect(Math.abs(signal!.directions - whole.directions)).toBeLessThanOrEqual(4 * signal!.standardError!);

    const table = reportTable(sampled, { columns: 80, paint: (_, text) => text }).replace(/\s+/g, " ");
    expect(table).toMatch(/^About [\d,]+ ± [\d,.]+ of 4,416 directions stand above noise: /);
    expect(table).toContain("(from 5 of 10 matrices; without attention.output).");
  });
});
