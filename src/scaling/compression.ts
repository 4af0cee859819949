import { automaticGaussians } from "../gaussians/uniform.js";
import { architectureCompression } from "./architecture.js";
import { noiseMatrix, type ScalingRow, type TableContext } from "./row.js";

/** The paper's four architectures; docs/method.md §7. */
export const PUBLISHED_MODELS = [
  { model: "Current", parameters: 10.2e6, width: 256, layers: 8, ratio: 52 },
  { model: "Medium", parameters: 100e6, width: 768, layers: 12, ratio: 113 },
  { model: "Large", parameters: 1e9, width: 2048, layers: 24, ratio: 212 },
  { model: "XL", parameters: 7e9, width: 4096, layers: 32, ratio: 556 },
] as const;

/** Rows of noise that the energy left is measured on. */
const NOISE_ROWS = 256;

/**
 * The four published ratios, and beside each what K = max(8, ⌊d/16⌋) gives. `energy` is what the uniform basis of that
 * K keeps of white noise (`noiseLaw`, K/d, in expectation): the price of the ratio where weights are without order
 * along the row.
 */
export async function compressionTable({ kernels, seed, step }: TableContext): Promise<ScalingRow[]> {
  const rows: ScalingRow[] = [];
  for (const [i, { ratio: published, ...model }] of PUBLISHED_MODELS.entries()) {
    await step(i, PUBLISHED_MODELS.length);
    const noise = noiseMatrix(NOISE_ROWS, model.width, seed);
    for (const [rule, gaussians] of [
      ["K = 8", 8],
      ["K = max(8, d/16)", automaticGaussians(model.width)],
    ] as const) {
      const { amplitudes, ratio } = architectureCompression(model, gaussians);
      const { energy } = kernels.fitGaussians(noise, { gaussians });
      const asPublished = rule === "K = 8";
      rows.push({
        ...model,
        rule,
        gaussians,
        amplitudes,
        noiseLaw: gaussians / model.width,
        energy,
        published: asPublished ? published : null,
        measured: ratio,
        agrees: asPublished ? Math.round(ratio) === published : null,
        note: asPublished
          ? "the arithmetic holds; of weights without order along the row, K Gaussians keep K parts in d"
          : "the paper's own rule for a stable fit, which the published ratios do not use",
      });
    }
  }
  return rows;
}
