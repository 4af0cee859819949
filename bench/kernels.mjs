/** The kernels as the library instantiates them, bare: build/plain.wasm and build/relaxed.wasm. */
import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";

const bytesOf = (name) => readFile(new URL(`../build/${name}.wasm`, import.meta.url));

/** Node 20 has relaxed SIMD behind a flag. */
export async function relaxedWorks() {
  if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(await bytesOf("relaxed"));
}

export async function instantiate(name = "plain") {
  const { instance } = await WebAssembly.instantiate(await bytesOf(name), {});
  return new Bare(instance.exports);
}

export class Bare {
  constructor(exports) {
    this.exports = exports;
  }

  allocate(bytes) {
    const pointer = this.exports.allocate(bytes) >>> 0;
    if (pointer === 0) throw new Error(`no memory for ${bytes} bytes`);
    return pointer;
  }

  zeros(bytes) {
    const pointer = this.allocate(bytes);
    new Uint8Array(this.exports.memory.buffer, pointer, bytes).fill(0);
    return pointer;
  }

  copy(values) {
    const pointer = this.allocate(values.byteLength);
    new values.constructor(this.exports.memory.buffer, pointer, values.length).set(values);
    return pointer;
  }

  float32(pointer, length) {
    return new Float32Array(this.exports.memory.buffer, pointer, length);
  }
  float64(pointer, length) {
    return new Float64Array(this.exports.memory.buffer, pointer, length);
  }
}
