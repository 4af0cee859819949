import { instantiateSync } from "@assemblyscript/loader";
import type { ArenaExports, KernelExports } from "./exports.js";

/** Memory that is filled or copied at once where that is done in slices. */
export const SLICE_BYTES = 1 << 24;

/**
 * One WebAssembly instance and its arena. The only file that knows how an instance is made and how
 * its memory is seen; every quantity's file copies in, calls and copies out through this.
 */
export class Machine<Exports extends ArenaExports = KernelExports> {
  readonly exports: Exports;
  /** "simd128" or "relaxed-simd". */
  readonly instructions: string;

  constructor(module: WebAssembly.Module, instructions: string) {
    this.exports = instantiateSync<Record<string, unknown>>(module, {}).exports as unknown as Exports;
    this.instructions = instructions;
  }

  /** @throws RangeError where WebAssembly's 4 GiB, or what the host gives, is not enough. */
  allocate(bytes: number): number {
    const pointer = this.exports.allocate(bytes) >>> 0;
    if (pointer === 0) throw new RangeError(`out of memory: the kernels could not get ${bytes} bytes more`);
    return pointer;
  }

  /** Runs `work` and frees all that it allocated in the arena. Not for work that awaits. */
  scope<T>(work: () => T): T {
    const marked = this.exports.mark();
    try {
      return work();
    } finally {
      this.exports.release(marked);
    }
  }

  // Views are made anew at each call: growth of the memory detaches the old ones.
  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, pointer, length);
  }
  float32(pointer: number, length: number): Float32Array {
    return new Float32Array(this.exports.memory.buffer, pointer, length);
  }
  float64(pointer: number, length: number): Float64Array {
    return new Float64Array(this.exports.memory.buffer, pointer, length);
  }
  int32(pointer: number, length: number): Int32Array {
    return new Int32Array(this.exports.memory.buffer, pointer, length);
  }
  uint32(pointer: number, length: number): Uint32Array {
    return new Uint32Array(this.exports.memory.buffer, pointer, length);
  }

  /** A zeroed f64 array in the arena. */
  zeros64(length: number): number {
    const pointer = this.allocate(length * 8);
    this.bytes(pointer, length * 8).fill(0);
    return pointer;
  }

  /** Makes `bytes` at `pointer` zero, a few milliseconds of them at a time. */
  *clear(pointer: number, bytes: number): Generator<void, void, void> {
    for (let done = 0; done < bytes; done += SLICE_BYTES) {
      this.bytes(pointer + done, Math.min(SLICE_BYTES, bytes - done)).fill(0);
      yield;
    }
  }

  copyFloat32(values: ArrayLike<number>): number {
    const pointer = this.allocate(values.length * 4);
    this.float32(pointer, values.length).set(values);
    return pointer;
  }

  copyFloat64(values: ArrayLike<number>): number {
    const pointer = this.allocate(values.length * 8);
    this.float64(pointer, values.length).set(values);
    return pointer;
  }

  copyUint32(values: ArrayLike<number>): number {
    const pointer = this.allocate(values.length * 4);
    this.uint32(pointer, values.length).set(values);
    return pointer;
  }
}
