/**
 * Where nothing may be imported once a script runs (service workers, worklets): the kernels are part of the bundle. No
 * files, and no worker to start.
 */
import plain from "../../build/plain.js";
import quantized from "../../build/quantized.js";
import type { KernelName } from "./contract.js";
import { bytesOfDigits } from "./inlined.js";

export { createScratch, environment, openLocal, openLog, openPath, request } from "./no-file.js";
export { YIELD_EVERY_MS, yieldToEvents } from "./web-turns.js";

/** The relaxed build is left out: `load` falls back to the plain one, as on any host without relaxed SIMD. */
const digits: Partial<Record<KernelName, string>> = { plain, quantized };

/** Null for the relaxed build. */
export async function kernelBytes(name: KernelName): Promise<Uint8Array | null> {
  const given = digits[name];
  return given === undefined ? null : bytesOfDigits(given);
}

/** Compiled anew each time; rejects for the relaxed build. */
export async function kernelModule(name: KernelName): Promise<WebAssembly.Module> {
  const bytes = await kernelBytes(name);
  if (!bytes) throw new Error(`the ${name} kernels are not in this build`);
  return WebAssembly.compile(bytes as BufferSource);
}

/** Rejects: `threads` is 1 here. */
export async function startWorker(): Promise<never> {
  throw new Error("no workers can be started here");
}
