/**
 * What the columns of each matrix meet when the byte-level Llama reads a text: mean squares of its activations, in the
 * layout of llama.cpp's older imatrix files (.dat), for `weightscope compress --imatrix`:
 *   node examples/evaluate/importance.mjs FILE OUTPUT [--text FILE] [--every N]
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openCheckpoint } from "weightscope";
import * as llama from "./llama.mjs";
import { loadProducts, Products } from "./products.mjs";
import { bytes, windows } from "./text.mjs";

const LENGTH = 128;
const usage = "usage: importance.mjs FILE OUTPUT [--text FILE] [--every N]";

/** Products that sum the squares of what they multiply, by the matrix. */
class Recorder extends Products {
  /** Names of weights, by their values. */
  names = new Map();
  /** name → sums of squares, and how many rows they are of. */
  met = new Map();

  place(data, rows, columns) {
    const placed = super.place(data, rows, columns);
    return this.names.has(data) ? { ...placed, name: this.names.get(data) } : placed;
  }

  rows(x, weight, each) {
    if (weight.name !== undefined) this.#record(x, weight);
    super.rows(x, weight, each);
  }

  #record(x, { name, columns }) {
    const { sums, rows } = this.met.get(name) ?? { sums: new Float64Array(columns), rows: 0 };
    for (let i = 0; i < x.length; i++) sums[i % columns] += x[i] * x[i];
    this.met.set(name, { sums, rows: rows + x.length / columns });
  }
}

/** Entries of name, number of calls (one: these are means), number of values, values. */
function datOf(met) {
  const whole = (value) => Buffer.from(Int32Array.of(value).buffer);
  const parts = [whole(met.size)];
  for (const [name, { sums, rows }] of met) {
    const text = Buffer.from(name);
    const means = Float32Array.from(sums, (sum) => sum / rows);
    parts.push(whole(text.length), text, whole(1), whole(means.length), Buffer.from(means.buffer));
  }
  return Buffer.concat(parts);
}

async function run(source, output, { text, every }) {
  const checkpoint = await openCheckpoint(source);
  const products = new Recorder((await loadProducts()).exports);
  try {
    const tensors = new Map(checkpoint.tensors.map((tensor) => [tensor.name, tensor]));
    const weights = {
      has: (name) => tensors.has(name),
      async read(name) {
        const tensor = tensors.get(name);
        const rows = tensor.shape.length > 1 ? tensor.shape[0] : 1;
        const data = await checkpoint.readRows(tensor, 0, rows);
        products.names.set(data, name);
        return { data, rows, columns: tensor.parameters / rows };
      },
    };
    if (!weights.has("model.embed_tokens.weight")) throw new Error(`${source}: no byte-level Llama in safetensors`);
    const { tokens } = await bytes.load();
    const { inputs } = windows(tokens(await readFile(text)), LENGTH, every);
    const { predict } = await llama.build(weights, products);
    for (const window of inputs) predict(window, LENGTH, () => undefined);
    await writeFile(output, datOf(products.met));
    console.log(`${products.met.size} matrices, ${inputs.length} windows of ${LENGTH} bytes`);
  } finally {
    await checkpoint.close();
  }
}

const { values, positionals } = parseArgs({
  options: { text: { type: "string" }, every: { type: "string" } },
  allowPositionals: true,
});
const text = values.text ?? fileURLToPath(new URL("text/shakespeare.txt", import.meta.url));
if (positionals.length !== 2) {
  process.stderr.write(`importance: FILE and OUTPUT; ${usage}\n`);
  process.exitCode = 2;
} else {
  await run(...positionals, { text, every: Number(values.every ?? 1) }).catch((error) => {
    process.stderr.write(`importance: ${error.message}\n`);
    process.exitCode = 1;
  });
}
