import { expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { analyze, load } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { f32 } from "../cli/run.js";

const kernels = await load();

/** Normal deviates in units of 2⁻¹¹, so that f32 holds them exactly on top of any offset here. */
function deviates(rows: number, columns: number): Float32Array {
  const random = new Random(11);
  return Float32Array.from({ length: rows * columns }, () => Math.round(random.normal() * 2048) / 2048);
}

/** What docs/method.md §3 says of it. */
const within = (offset: number): number => 1e-6 + 3e-8 * offset;

it.each([
  [40, 96, 8],
  [300, 256, 16],
  [64, 512, 32],
])(
  "%i × %i on %i Gaussians: a mean of many standard deviations leaves the amplitude ratio",
  async (rows, columns, gaussians) => {
    const data = deviates(rows, columns);
    const exact = kernels.fitGaussians({ rows, columns, data }, { gaussians }).amplitudeParticipationRatio;
    for (const offset of [-8, 64, 512, -2048]) {
      const moved = data.map((x) => x + offset);
      const { amplitudeParticipationRatio } = kernels.fitGaussians({ rows, columns, data: moved }, { gaussians });
      expect(Math.abs(amplitudeParticipationRatio / exact - 1), `${offset}`).toBeLessThanOrEqual(
        within(Math.abs(offset)),
      );
      const { matrices } = await analyze(safetensors([f32("a.weight", [rows, columns], moved)]), {
        gaussians: [gaussians],
      });
      const [found] = matrices[0].gaussian;
      expect(Math.abs(found.amplitudeParticipationRatio! / exact - 1), `${offset}`).toBeLessThanOrEqual(
        within(Math.abs(offset)),
      );
    }
  },
);
