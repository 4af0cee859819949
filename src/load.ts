import { type Names, optionsOf, requireObject } from "./base/arguments.js";
import { fitFreeGaussians } from "./gaussians/free.js";
import { fitGaussians, reconstruct } from "./gaussians/uniform.js";
import { loadMachine } from "./kernels/load-machine.js";
import { norms } from "./kernels/norms.js";
import { PARTICIPATION } from "./spectra/method.js";
import { participationRatio } from "./spectra/participation.js";
import { singularValues } from "./spectra/singular-values.js";
import type { FreeGaussianOptions, GaussianOptions, Kernels, LoadOptions, SpectrumOptions } from "./types.js";

function given<T>(value: T, name: string, what: string): T {
  requireObject(value, name, what);
  return value;
}

const matrixOf = <T>(matrix: T): T => given(matrix, "matrix", "an object with rows, columns and data");

function needed<T extends object>(options: T, name: string, names: Names<T>): T {
  return optionsOf(given(options, "options", `an object with ${name}`), "options", names);
}

const LOAD = { module: 1, quantized: 1, relaxed: 1 } satisfies Names<LoadOptions>;
const GAUSSIAN = { gaussians: 1, width: 1 } satisfies Names<GaussianOptions>;
const FREE = {
  ...{ gaussians: 1, tolerance: 1, maxIterations: 1, minimumSigma: 1, maximumSigma: 1, start: 1 },
} satisfies Names<FreeGaussianOptions>;
const SPECTRUM = { count: 1, tolerance: 1, maxIterations: 1, seed: 1 } satisfies Names<SpectrumOptions>;

/**
 * Compile and instantiate the kernels once; later calls with the same options share the module.
 * @throws WebAssembly.CompileError where the host lacks SIMD or forbids compiling (then pass `module`).
 */
export async function load(options: LoadOptions = {}): Promise<Kernels> {
  const machine = await loadMachine(optionsOf(options, "options", LOAD));
  return {
    instructions: machine.instructions,
    fitGaussians: (matrix, options) => fitGaussians(machine, matrixOf(matrix), optionsOf(options, "options", GAUSSIAN)),
    reconstruct: (fit) => reconstruct(machine, given(fit, "fit", "a GaussianFit")),
    fitFreeGaussians: (matrix, options) =>
      fitFreeGaussians(machine, matrixOf(matrix), needed(options, "gaussians", FREE)),
    norms: (matrix) => norms(machine, matrixOf(matrix)),
    participationRatio: (matrix, options) =>
      participationRatio(machine, matrixOf(matrix), optionsOf(options, "options", PARTICIPATION)),
    singularValues: (matrix, options) => singularValues(machine, matrixOf(matrix), needed(options, "count", SPECTRUM)),
  } as Kernels;
}
