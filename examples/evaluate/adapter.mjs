/** A LoRA in PEFT's format on top of a checkpoint: W + scale · B A, and modules that it saves whole. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { openCheckpoint } from "weightscope";

const WRAPPED = "base_model.model.";

async function valuesOf(checkpoint, tensor) {
  const rows = tensor.shape.length > 1 ? tensor.shape[0] : 1;
  return { data: await checkpoint.readRows(tensor, 0, rows), rows, columns: tensor.parameters / rows };
}

/** W + scale · B A in f64, rounded once to f32. */
function added({ data, rows, columns }, a, b, scale) {
  const merged = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    const row = Float64Array.from(data.subarray(i * columns, (i + 1) * columns));
    for (let k = 0; k < a.rows; k++) {
      const by = scale * b.data[i * a.rows + k];
      for (let j = 0; j < columns; j++) row[j] += by * a.data[k * columns + j];
    }
    merged.set(row, i * columns);
  }
  return { data: merged, rows, columns };
}

/** Weights as `weights` has them, with the adapter of a folder merged in. */
export async function withAdapter(weights, folder) {
  const { r, lora_alpha: alpha } = JSON.parse(await readFile(path.join(folder, "adapter_config.json"), "utf8"));
  const checkpoint = await openCheckpoint(path.join(folder, "adapter_model.safetensors"));
  const tensors = new Map(checkpoint.tensors.map((tensor) => [tensor.name, tensor]));
  const unused = new Set(tensors.keys());
  const take = async (name) => {
    unused.delete(name);
    return valuesOf(checkpoint, tensors.get(name));
  };
  return {
    has: (name) => weights.has(name),
    async read(name) {
      const [, module, part] = /^(.+)\.([^.]+)$/.exec(name) ?? [];
      const saved = `${WRAPPED}${module}.modules_to_save.${part}`;
      if (tensors.has(saved)) return take(saved);
      const plain = await weights.read(name);
      const a = `${WRAPPED}${module}.lora_A.${part}`;
      if (!tensors.has(a)) return plain;
      return added(plain, await take(a), await take(a.replace("lora_A", "lora_B")), alpha / r);
    },
    /** Closes the adapter. @throws Error where a tensor of it was not asked for: it is of another model. */
    async close() {
      await checkpoint.close();
      const [first] = unused;
      if (first !== undefined) throw new Error(`${folder}: the model has no place for ${JSON.stringify(first)}`);
    },
  };
}
