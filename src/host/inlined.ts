import type { KernelName } from "../modules.js";

/** Kernels inlined as hexadecimal digits, each in a chunk of its own that is fetched when first asked for. */
const chunks: Record<KernelName, () => Promise<{ default: string }>> = {
  plain: () => import("../../build/plain.js"),
  relaxed: () => import("../../build/relaxed.js"),
  quantized: () => import("../../build/quantized.js"),
};

export async function kernelBytes(name: KernelName): Promise<Uint8Array | null> {
  const text = (await chunks[name]()).default, bytes = new Uint8Array(text.length / 2);
  // 0–9 end in the digit's four bits; a–f have a 6 above 1 to 6.
  const digit = (at: number): number => (text.charCodeAt(at) & 15) + (text.charCodeAt(at) >> 6) * 9;
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(2 * i) << 4) | digit(2 * i + 1);
  return bytes;
}

export async function kernelModule(name: KernelName): Promise<WebAssembly.Module> {
  return WebAssembly.compile((await kernelBytes(name)) as BufferSource);
}
