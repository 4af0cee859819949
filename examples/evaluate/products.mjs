/**
 * X Wᵀ by the library's kernels: `addRowProducts` of assembly/product.ts, f32 lanes joined in f64. An engine would keep
 * its activations in the arena; here they are copied in and out, so that the rest reads as plain loops over arrays.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Steps of a packed panel: STEPS of assembly/product.ts. */
const STEPS = 256;
const roundUp = (n) => (n + 7) & ~7;

export async function loadProducts() {
  const bytes = await readFile(fileURLToPath(import.meta.resolve("weightscope/kernels.wasm")));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return new Products(instance.exports);
}

export class Products {
  constructor(exports) {
    this.exports = exports;
  }

  #allocate(bytes) {
    const pointer = this.exports.allocate(bytes) >>> 0;
    if (pointer === 0) throw new RangeError(`out of memory: the kernels could not get ${bytes} bytes more`);
    return pointer;
  }

  /** Frees all that was placed in `work`. */
  async scope(work) {
    const marked = this.exports.mark();
    try {
      return await work();
    } finally {
      this.exports.release(marked);
    }
  }

  /** Copies a matrix into the arena, where it stays until its scope ends. */
  place(data, rows, columns) {
    const pointer = this.#allocate(data.length * 4);
    new Float32Array(this.exports.memory.buffer, pointer, data.length).set(data);
    return { pointer, rows, columns };
  }

  /**
   * Calls `each` with every row of X Wᵀ (`weight.rows` f64, valid until `each` returns) and its number.
   * `x` holds rows of `weight.columns` values.
   */
  rows(x, weight, each) {
    const { exports } = this;
    const { columns } = weight;
    const rows = x.length / columns;
    const side = roundUp(weight.rows);
    const marked = exports.mark();
    try {
      const placed = this.place(x, rows, columns);
      const panels = this.#allocate((roundUp(rows) + side) * STEPS * 4);
      const length = roundUp(rows) * side;
      const result = this.#allocate(length * 8);
      new Float64Array(exports.memory.buffer, result, length).fill(0);
      exports.addRowProducts(placed.pointer, rows, weight.pointer, weight.rows, columns, columns, panels, result, side);
      for (let i = 0; i < rows; i++)
        each(new Float64Array(exports.memory.buffer, result + i * side * 8, weight.rows), i);
    } finally {
      exports.release(marked);
    }
  }

  /** X Wᵀ, rows of `weight.rows` f32. */
  multiply(x, weight) {
    const product = new Float32Array((x.length / weight.columns) * weight.rows);
    this.rows(x, weight, (row, i) => product.set(row, i * weight.rows));
    return product;
  }
}
