import type { QuantizedExports } from "../../kernels/exports.js";
import { Machine } from "../../kernels/machine.js";
import { compileKernels } from "../../kernels/modules.js";

let machine: Promise<Machine<QuantizedExports>> | undefined;

/** The machine that dequantises, made when a tensor first needs it; decoding, all its work ends before it is let go. */
export function quantizedMachine(): Promise<Machine<QuantizedExports>> {
  machine ??= compileKernels("quantized").then((module) => new Machine<QuantizedExports>(module, "simd128"));
  machine.catch(() => {
    machine = undefined;
  });
  return machine;
}
