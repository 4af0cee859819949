import type { LoadOptions } from "../types.js";
import { Machine } from "./machine.js";
import { compileKernels, hasRelaxedSimd, provideKernels } from "./modules.js";

const loaded = new Map<string, Promise<Machine>>();

/** The machine behind `load`: one instance for each distinct set of options. */
export async function loadMachine(options: LoadOptions = {}): Promise<Machine> {
  if (options.quantized) {
    provideKernels("quantized", options.quantized);
    if (options.module && !options.relaxed) provideKernels("plain", options.module);
  }
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
