/** What every host computes. A case's name is its key in golden.json; its value is hashed bit by bit. */
import { architectureCompression, fitPowerLaw, type Kernels, load, openCheckpoint, pearson } from "weightscope";
import { checkpoints } from "./checkpoints.js";
import { irregular, matrix, smooth, sparse, spiked } from "./matrices.js";
import { outputCases } from "./outputs.js";
import { analyzeCases } from "./reports.js";
import { transitionCases } from "./transitions.js";

export interface Context {
  kernels: Kernels;
  /** The bundled example, a trained model in bf16. */
  example: Uint8Array;
  /** Another build of the kernels, where that is what is tested. */
  module?: WebAssembly.Module | undefined;
}
export type Case = (context: Context) => unknown;

const thrown = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  return "nothing was thrown";
};

const kernelCases: Record<string, Case> = {
  norms: ({ kernels }) =>
    [
      matrix("a", 61, 127),
      matrix("b", 3, 4096, smooth),
      matrix("c", 1, 1),
      matrix("d", 40, 33, (random) => random.normal() * 1e30),
      matrix("e", 40, 33, (random) => random.normal() * 1e-30),
      matrix("f", 0, 5),
      matrix("g", 9, 50, smooth, Float64Array),
    ].map((one) => kernels.norms(one)),
  "norms of NaN, infinity, subnormals": ({ kernels }) => kernels.norms(irregular()),
  fitGaussians: ({ kernels }) =>
    [
      matrix("a", 61, 127),
      matrix("b", 33, 512, smooth),
      matrix("c", 5, 3),
      matrix("d", 7, 1),
      matrix("e", 20, 66, spiked, Float64Array),
    ].flatMap((one) =>
      [undefined, { gaussians: 1 }, { gaussians: one.columns }].map((options) => kernels.fitGaussians(one, options)),
    ),
  "fitGaussians, wide to rank-deficient": ({ kernels }) =>
    [0.25, 0.7, 1, 1.3, 2, 8].map((width) =>
      kernels.fitGaussians(matrix("wide", 19, 130, smooth), { gaussians: 13, width }),
    ),
  "fitGaussians, huge and tiny": ({ kernels }) =>
    [1e30, 1e-30].map((scale) =>
      kernels.fitGaussians(
        matrix("scaled", 16, 96, (random) => random.normal() * scale),
        { gaussians: 8 },
      ),
    ),
  reconstruct: ({ kernels }) =>
    [8, 31].map((gaussians) => kernels.reconstruct(kernels.fitGaussians(matrix("b", 33, 512, smooth), { gaussians }))),
  fitFreeGaussians: ({ kernels }) =>
    [matrix("free", 6, 64), matrix("free, smooth", 5, 97, smooth)].flatMap((one) => [
      kernels.fitFreeGaussians(one, { gaussians: 4 }),
      kernels.fitFreeGaussians(one, { gaussians: 3, start: "even" }),
      kernels.fitFreeGaussians(one, { gaussians: 8, minimumSigma: 2 }),
    ]),
  "participationRatio, exact": ({ kernels }) =>
    [matrix("a", 61, 127), matrix("tall", 200, 37, smooth), matrix("h", 96, 96, spiked)].map((one) =>
      kernels.participationRatio(one, { method: "exact" }),
    ),
  "participationRatio, power": ({ kernels }) =>
    [matrix("p", 160, 96, spiked), matrix("q", 70, 150)].map((one) =>
      kernels.participationRatio(one, { method: "power", seed: 7 }),
    ),
  "participationRatio, sparse": ({ kernels }) => [
    kernels.participationRatio(sparse("s", 70, 90), { method: "exact" }),
    kernels.participationRatio(sparse("s", 150, 150), { method: "power", seed: 7 }),
  ],
  singularValues: ({ kernels }) =>
    [matrix("p", 160, 96, spiked), matrix("q", 70, 150), sparse("s", 150, 150)].map((one) =>
      kernels.singularValues(one, { count: 5, seed: 7 }),
    ),
  "singularValues, all": ({ kernels }) =>
    [matrix("p", 160, 96, spiked), matrix("q", 70, 150), matrix("tall", 200, 37, smooth)].map((one) =>
      kernels.singularValues(one, { count: Math.min(one.rows, one.columns) }),
    ),
  "errors of the kernels": ({ kernels }) => [
    thrown(() => kernels.fitGaussians(irregular())),
    thrown(() => kernels.fitGaussians(matrix("a", 2, 2), { gaussians: 3 })),
    thrown(() => kernels.fitGaussians({ rows: 2, columns: 2, data: new Float32Array(3) })),
    thrown(() => kernels.participationRatio(matrix("zero", 3, 3, () => 0))),
    thrown(() => kernels.participationRatio(irregular())),
    thrown(() => kernels.singularValues(matrix("a", 2, 2), { count: 3 })),
  ],
};

const statisticsCases: Record<string, Case> = {
  statistics: () => {
    const { data } = matrix("points", 2, 40, (random) => 5 + random.normal(), Float64Array);
    const x = data.subarray(0, 40);
    const y = data.subarray(40);
    return [
      pearson(x, y),
      pearson(
        x,
        x.map((value, i) => value + y[i]),
      ),
      fitPowerLaw(x, y),
      architectureCompression({ parameters: 7e9, width: 4096, layers: 32 }, 8),
    ];
  },
};

const checkpointCases: Record<string, Case> = Object.fromEntries(
  Object.entries(checkpoints).map(([name, build]) => [
    `openCheckpoint and readRows, ${name}`,
    async () => {
      const checkpoint = await openCheckpoint(await build());
      const rows: Float32Array[] = [];
      for (const tensor of checkpoint.tensors)
        rows.push(await checkpoint.readRows(tensor, 0, tensor.shape.length < 2 ? 1 : tensor.shape[0]));
      const { format, byteLength, tensors, metadata } = checkpoint;
      await checkpoint.close();
      return { format, byteLength, tensors, metadata, rows };
    },
  ]),
);

export const cases: Record<string, Case> = {
  ...kernelCases,
  ...statisticsCases,
  ...checkpointCases,
  ...analyzeCases,
  ...outputCases,
  ...transitionCases,
};
/** Those in which the kernels' own module plays a part. */
export const moduleCases: Record<string, Case> = { ...kernelCases, ...analyzeCases };

const close = (a: number, b: number, tolerance: number) =>
  Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-30);

/** The relaxed build against the plain one, by tolerance; which of the two the host took. */
export async function relaxedAgrees(kernels: Kernels): Promise<{ instructions: string; disagreements: string[] }> {
  const relaxed = await load({ relaxed: true });
  const disagreements: string[] = [];
  const check = (what: string, a: number, b: number, tolerance: number) => {
    if (!close(a, b, tolerance)) disagreements.push(`${what}: ${a} relaxed, ${b} plain`);
  };
  for (const one of [matrix("a", 61, 127), matrix("b", 33, 512, smooth), matrix("h", 96, 96, spiked)]) {
    const [fit, plain] = [relaxed.fitGaussians(one), kernels.fitGaussians(one)];
    check("energy", fit.energy, plain.energy, 1e-6);
    const size = Math.sqrt(plain.amplitudes.reduce((sum, value) => sum + value * value, 0));
    const off = Math.sqrt(plain.amplitudes.reduce((sum, value, i) => sum + (value - fit.amplitudes[i]) ** 2, 0));
    check("amplitudes", size + off, size, 1e-5);
    check("participation ratio", relaxed.participationRatio(one).value, kernels.participationRatio(one).value, 1e-5);
    check(
      "largest singular value",
      relaxed.singularValues(one, { count: 1 }).values[0],
      kernels.singularValues(one, { count: 1 }).values[0],
      1e-5,
    );
    check("norm", relaxed.norms(one).norm, kernels.norms(one).norm, 1e-6);
  }
  return { instructions: relaxed.instructions, disagreements };
}
