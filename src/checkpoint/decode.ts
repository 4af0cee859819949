import { SLACK_BYTES } from "../kernels/dense.js";
import type { QuantizedExports } from "../kernels/exports.js";
import { loadMachine } from "../kernels/load-machine.js";
import type { Machine } from "../kernels/machine.js";
import type { DataType } from "./dtypes.js";
import { quantizedMachine } from "./views/machine.js";

/**
 * Elements decoded at once, so that the kernels' memory does not grow with what is asked for. A multiple of every
 * block.
 */
const PIECE = 65536;

/**
 * `count` elements of `bytes` as f32, rounded to nearest where the type holds more. `count` is a whole number of
 * blocks.
 */
export async function decodeElements(type: DataType, bytes: Uint8Array, count: number): Promise<Float32Array> {
  if (type.kernel === "dequantize") {
    const machine = await quantizedMachine();
    return inPieces(machine, type, bytes, count, (source, elements, target) =>
      machine.exports.dequantize(type.code, source, elements / type.elementsPerBlock, target),
    );
  }
  const machine = await loadMachine();
  return inPieces(machine, type, bytes, count, (source, elements, target) =>
    machine.exports.decode(type.code, source, elements, target, 1),
  );
}

type Kernel = (source: number, elements: number, target: number) => void;

function inPieces(
  machine: Machine<QuantizedExports> | Machine,
  type: DataType,
  bytes: Uint8Array,
  count: number,
  kernel: Kernel,
): Float32Array {
  const values = new Float32Array(count);
  const stored = (elements: number) => (elements / type.elementsPerBlock) * type.bytesPerBlock;
  const piece = Math.min(PIECE, count);
  machine.scope(() => {
    const source = machine.allocate(stored(piece) + SLACK_BYTES);
    const target = machine.allocate(piece * 4 + SLACK_BYTES);
    for (let done = 0; done < count; done += piece) {
      const elements = Math.min(piece, count - done);
      machine.bytes(source, stored(elements)).set(bytes.subarray(stored(done), stored(done + elements)));
      kernel(source, elements, target);
      values.set(machine.float32(target, elements), done);
    }
  });
  return values;
}
