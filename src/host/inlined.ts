import type { KernelName } from "../modules.js";

/** Kernels inlined as base64, each in a chunk of its own that is fetched when first asked for. */
const chunks: Record<KernelName, () => Promise<{ default: string }>> = {
  plain: () => import("../../build/plain.js"),
  relaxed: () => import("../../build/relaxed.js"),
  quantized: () => import("../../build/quantized.js"),
};

export async function kernelBytes(name: KernelName): Promise<Uint8Array | null> {
  const text = atob((await chunks[name]()).default);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export async function kernelModule(name: KernelName): Promise<WebAssembly.Module> {
  return WebAssembly.compile((await kernelBytes(name)) as BufferSource);
}
