/** workerd (Cloudflare Workers): compiles no bytes, so its modules are imported; no files, and no worker to start. */
import plain from "../../build/plain.wasm";
import quantized from "../../build/quantized.wasm";
import type { KernelName } from "./contract.js";

export { createScratch, environment, openLocal, openLog, openPath, request } from "./no-file.js";
export { YIELD_EVERY_MS, yieldToEvents } from "./web-turns.js";

/** The relaxed build is left out: `load` falls back to the plain one, as on any host without relaxed SIMD. */
const modules: Partial<Record<KernelName, WebAssembly.Module>> = { plain, quantized };

/** A module of this bundle; rejects for the relaxed one. */
export async function kernelModule(name: KernelName): Promise<WebAssembly.Module> {
  const module = modules[name];
  if (!module) throw new Error(`the ${name} kernels are not in this build`);
  return module;
}

/** Bytes may not be compiled here. */
export async function kernelBytes(): Promise<Uint8Array | null> {
  return null;
}

/** Rejects: `threads` is 1 here. */
export async function startWorker(): Promise<never> {
  throw new Error("workerd has no workers");
}
