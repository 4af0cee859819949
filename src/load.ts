import { fitFreeGaussians } from "./gaussians/free.js";
import { fitGaussians, reconstruct } from "./gaussians/uniform.js";
import { Machine } from "./kernels/machine.js";
import { compileKernels, hasRelaxedSimd } from "./kernels/modules.js";
import { norms } from "./kernels/norms.js";
import { participationRatio } from "./spectra/participation.js";
import { singularValues } from "./spectra/singular-values.js";
import type { Kernels, LoadOptions } from "./types.js";

const loaded = new Map<string, Promise<Machine>>();

/** The machine behind `load`: one instance for each distinct set of options. */
export async function loadMachine(options: LoadOptions = {}): Promise<Machine> {
  if (options.module) return new Machine(options.module, options.relaxed ? "relaxed-simd" : "simd128");
  const relaxed = options.relaxed === true && (await hasRelaxedSimd());
  const name = relaxed ? "relaxed" : "plain";
  let machine = loaded.get(name);
  if (!machine) {
    machine = compileKernels(name).then((module) => new Machine(module, relaxed ? "relaxed-simd" : "simd128"));
    loaded.set(name, machine);
    machine.catch(() => loaded.delete(name));
  }
  return machine;
}

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
