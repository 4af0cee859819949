import { optionsOf, requireObject } from "./base/arguments.js";
import { fitFreeGaussians } from "./gaussians/free.js";
import { fitGaussians, reconstruct } from "./gaussians/uniform.js";
import { loadMachine } from "./kernels/load-machine.js";
import { norms } from "./kernels/norms.js";
import { participationRatio } from "./spectra/participation.js";
import { singularValues } from "./spectra/singular-values.js";
import type { Kernels, LoadOptions } from "./types.js";

function given<T>(value: T, name: string, what: string): T {
  requireObject(value, name, what);
  return value;
}

const matrixOf = <T>(matrix: T): T => given(matrix, "matrix", "an object with rows, columns and data");

function needed<T extends object>(options: T, name: string): T {
  return optionsOf(given(options, "options", `an object with ${name}`));
}

/**
 * Compile and instantiate the kernels once; later calls with the same options share the module.
 * @throws WebAssembly.CompileError where the host lacks SIMD or forbids compiling (then pass `module`).
 */
export async function load(options: LoadOptions = {}): Promise<Kernels> {
  const machine = await loadMachine(optionsOf(options));
  return {
    instructions: machine.instructions,
    fitGaussians: (matrix, options) => fitGaussians(machine, matrixOf(matrix), optionsOf(options)),
    reconstruct: (fit) => reconstruct(machine, given(fit, "fit", "a GaussianFit")),
    fitFreeGaussians: (matrix, options) => fitFreeGaussians(machine, matrixOf(matrix), needed(options, "gaussians")),
    norms: (matrix) => norms(machine, matrixOf(matrix)),
    participationRatio: (matrix, options) => participationRatio(machine, matrixOf(matrix), optionsOf(options)),
    singularValues: (matrix, options) => singularValues(machine, matrixOf(matrix), needed(options, "count")),
  } as Kernels;
}
