import type { KernelName } from "./contract.js";

/** Kernels inlined as hexadecimal digits, each in a chunk of its own that is fetched when first asked for. */
const chunks: Record<KernelName, () => Promise<{ default: string }>> = {
  plain: () => import("../../build/plain.js"),
  relaxed: () => import("../../build/relaxed.js"),
  quantized: () => import("../../build/quantized.js"),
};

/** What a host makes of them with its way to read digits. */
export function inlinedKernels(bytesOf: (digits: string) => Uint8Array) {
  const kernelBytes = async (name: KernelName): Promise<Uint8Array | null> => bytesOf((await chunks[name]()).default);
  const kernelModule = async (name: KernelName): Promise<WebAssembly.Module> =>
    WebAssembly.compile((await kernelBytes(name)) as BufferSource);
  return { kernelBytes, kernelModule };
}

/** Digits read in plain code: 0–9 end in the digit's four bits; a–f have a 6 above 1 to 6. */
export function bytesOfDigits(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  const digit = (at: number): number => (digits.charCodeAt(at) & 15) + (digits.charCodeAt(at) >> 6) * 9;
  for (let i = 0; i < bytes.length; i++) bytes[i] = (digit(2 * i) << 4) | digit(2 * i + 1);
  return bytes;
}
