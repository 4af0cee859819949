/**
 * Seeded checkpoints shaped like a decoder-only transformer, bf16 safetensors, written once a size into the system's
 * folder for temporary files. Each matrix is low rank plus noise: Σ of RANK outer products with weights that fall as
 * r^-½, and independent entries beside, so that its spectrum has a head and a bulk as trained ones do.
 */
import { existsSync } from "node:fs";
import { mkdir, open, rename, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** By their number of weights. */
export const SIZES = {
  "10M": { width: 256, layers: 8, vocabulary: 14000 },
  "30M": { width: 512, layers: 7, vocabulary: 16000 },
  "100M": { width: 768, layers: 12, vocabulary: 20000 },
  "1B": { width: 2048, layers: 18, vocabulary: 50000 },
};
const RANK = 24;

/** Tensors in the order of the file. */
export function tensorsOf({ width, layers, vocabulary }) {
  const tensors = [["model.embed_tokens.weight", vocabulary, width]];
  for (let layer = 0; layer < layers; layer++) {
    for (const name of ["q", "k", "v", "o"])
      tensors.push([`model.layers.${layer}.self_attn.${name}_proj.weight`, width, width]);
    tensors.push(
      [`model.layers.${layer}.mlp.up_proj.weight`, 4 * width, width],
      [`model.layers.${layer}.mlp.down_proj.weight`, width, 4 * width],
    );
  }
  return tensors;
}

/**
 * Three in a row of xorshift's 32 bits look normal enough, and cost little: a table of deviates is drawn from instead.
 */
function generator(seed) {
  let state = seed | 0 || 1;
  const bits = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    return (state ^= state << 5);
  };
  const deviates = Float32Array.from({ length: 65536 }, () => {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += (bits() >>> 8) / 16777216;
    return sum - 6;
  });
  return { bits, deviates };
}

function fillMatrix(rows, columns, seed, write) {
  const { bits, deviates } = generator(seed);
  const size = 0.02;
  const right = Array.from({ length: RANK }, () =>
    Float32Array.from({ length: columns }, () => deviates[bits() & 65535]),
  );
  const weights = Array.from({ length: RANK }, (_, r) => size / 4 / Math.sqrt(1 + r));
  const values = new Float32Array(columns);
  const words = new Uint32Array(values.buffer);
  for (let row = 0; row < rows; row++) {
    let at = bits() & 65535;
    const step = (bits() & 65535) | 1;
    for (let j = 0; j < columns; j++) values[j] = size * deviates[(at = (at + step) & 65535)];
    // A fresh sequence of the table's entries for each row, then half its entries' signs, so that no two rows agree.
    for (let j = 0; j < columns; j += 32) {
      let signs = bits();
      for (let k = j; k < j + 32 && k < columns; k++, signs >>>= 1) if (signs & 1) values[k] = -values[k];
    }
    for (let r = 0; r < RANK; r++) {
      const factor = weights[r] * deviates[bits() & 65535];
      const along = right[r];
      for (let j = 0; j < columns; j++) values[j] += factor * along[j];
    }
    write(words, row);
  }
}

export async function makeCheckpoint(name) {
  const folder = path.join(tmpdir(), "weightscope-checkpoints");
  const file = path.join(folder, `${name}.safetensors`);
  const tensors = tensorsOf(SIZES[name]);
  const header = {};
  let offset = 0;
  for (const [tensor, rows, columns] of tensors)
    header[tensor] = { dtype: "BF16", shape: [rows, columns], data_offsets: [offset, (offset += rows * columns * 2)] };
  const text = JSON.stringify(header);
  const head = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, " ");
  head.writeBigUInt64LE(BigInt(head.length - 8));
  head.write(text, 8);
  const parameters = offset / 2;
  const matrices = tensors.length;
  if (existsSync(file) && (await stat(file)).size === head.length + offset) return { file, parameters, matrices };
  await mkdir(folder, { recursive: true });
  const handle = await open(`${file}.part`, "w");
  await handle.write(head);
  for (const [index, [, rows, columns]] of tensors.entries()) {
    const stored = new Uint16Array(rows * columns);
    fillMatrix(rows, columns, 1 + index, (words, row) => {
      const at = row * columns;
      // Rounded to nearest; a tie's direction does not matter here.
      for (let j = 0; j < columns; j++) stored[at + j] = (words[j] + 0x8000) >>> 16;
    });
    await handle.write(new Uint8Array(stored.buffer));
  }
  await handle.close();
  await rename(`${file}.part`, file);
  return { file, parameters, matrices };
}
