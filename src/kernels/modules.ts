import { kernelBytes, kernelModule } from "#host";
import type { KernelName } from "../host/contract.js";

const compiled = new Map<KernelName, Promise<WebAssembly.Module>>();

/** Each kernel module is compiled once a realm, however often it is asked for. */
export function compileKernels(name: KernelName): Promise<WebAssembly.Module> {
  let module = compiled.get(name);
  if (!module) {
    module = kernelModule(name);
    compiled.set(name, module);
    module.catch(() => compiled.delete(name));
  }
  return module;
}

/** Takes a module in place of compiling one. */
export function provideKernels(name: KernelName, module: WebAssembly.Module): void {
  compiled.set(name, Promise.resolve(module));
}

/** Relaxed SIMD fails validation on a host without it. */
export async function hasRelaxedSimd(): Promise<boolean> {
  const bytes = await kernelBytes("relaxed");
  return bytes !== null && WebAssembly.validate(bytes as BufferSource);
}
