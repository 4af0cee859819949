import { fitFreeGaussians } from "./gaussians/free.js";
import { fitGaussians, reconstruct } from "./gaussians/uniform.js";
import { loadMachine } from "./kernels/load-machine.js";
import { norms } from "./kernels/norms.js";
import { participationRatio } from "./spectra/participation.js";
import { singularValues } from "./spectra/singular-values.js";
import type { Kernels, LoadOptions } from "./types.js";

/**
 * Compile and instantiate the kernels once; later calls with the same options share the module.
 * @throws WebAssembly.CompileError where the host lacks SIMD or forbids compiling (then pass `module`).
 */
export async function load(options: LoadOptions = {}): Promise<Kernels> {
  const machine = await loadMachine(options);
  return {
    instructions: machine.instructions,
    fitGaussians: (matrix, options) => fitGaussians(machine, matrix, options),
    reconstruct: (fit) => reconstruct(machine, fit),
    fitFreeGaussians: (matrix, options) => fitFreeGaussians(machine, matrix, options),
    norms: (matrix) => norms(machine, matrix),
    participationRatio: (matrix, options) => participationRatio(machine, matrix, options),
    singularValues: (matrix, options) => singularValues(machine, matrix, options),
  } as Kernels;
}
