/** The mean loss of a checkpoint on held-out text. */
import { readFile } from "node:fs/promises";
import { openCheckpoint } from "weightscope";
import { withAdapter } from "./adapter.mjs";
import * as gpt from "./gpt.mjs";
import { lossOf } from "./layers.mjs";
import * as llama from "./llama.mjs";
import { loadProducts } from "./products.mjs";
import { bytes, unigram, windows, words } from "./text.mjs";

/** Positions that a model is trained on, and windows that are computed together. */
const LENGTH = 128;
const TOGETHER = 8;

const models = [
  { name: "byte-level Llama", architecture: llama, text: bytes },
  { name: "word-level GPT", architecture: gpt, text: words },
];

/** The tensors of an open checkpoint by name, whole. */
function weightsOf(checkpoint) {
  const tensors = new Map(checkpoint.tensors.map((tensor) => [tensor.name, tensor]));
  return {
    has: (name) => tensors.has(name),
    async read(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw new Error(`${checkpoint.name}: no tensor ${JSON.stringify(name)}, which the model needs`);
      const rows = tensor.shape.length > 1 ? tensor.shape[0] : 1;
      return { data: await checkpoint.readRows(tensor, 0, rows), rows, columns: tensor.parameters / rows };
    },
  };
}

/** Opens a checkpoint and says which of the models it holds. */
async function open(source) {
  const checkpoint = await openCheckpoint(source);
  const weights = weightsOf(checkpoint);
  const model = models.find(({ architecture }) => architecture.recognises(weights));
  if (model) return { checkpoint, weights, model };
  await checkpoint.close();
  throw new Error(
    `${source}: neither of the two models: no model.embed_tokens.weight, token_embd.weight, or wte.weight with ` +
      "wpe.weight",
  );
}

/**
 * Nats a token of the checkpoint at `source`, with the adapter of a folder merged in where one is given, on every
 * `every`-th window of `text` (bytes; the held-out text unless given), and of counting tokens. Tokens are bytes or
 * words, `unit`, as the model has them.
 */
export async function evaluate(source, { every = 1, text, adapter } = {}) {
  const { checkpoint, weights, model } = await open(source);
  try {
    const products = await loadProducts();
    const { counts, tokens } = await model.text.load();
    const { inputs, targets } = windows(tokens(text ?? (await readFile(model.text.file))), LENGTH, every);
    if (inputs.length === 0) throw new Error(`the text is shorter than a window of ${LENGTH} ${model.text.unit}s`);
    const merged = adapter === undefined ? null : await withAdapter(weights, adapter);
    const { vocabulary, predict } = await model.architecture.build(merged ?? weights, products);
    await merged?.close();
    if (vocabulary !== counts.length)
      throw new Error(`${source}: ${vocabulary} tokens, not the ${counts.length} of the ${model.name}`);
    let sum = 0;
    for (let at = 0; at < inputs.length; at += TOGETHER) {
      const join = (all) => Int32Array.from(all.slice(at, at + TOGETHER).flatMap((window) => [...window]));
      const wanted = join(targets);
      predict(join(inputs), LENGTH, (logits, i) => (sum += lossOf(logits, wanted[i])));
    }
    const loss = sum / (inputs.length * LENGTH);
    if (!Number.isFinite(loss))
      throw new Error(`${source}: the loss is ${loss}: weights that are not finite, or too large`);
    return {
      model: model.name,
      unit: model.text.unit,
      windows: inputs.length,
      length: LENGTH,
      loss,
      unigram: unigram(counts, targets),
    };
  } finally {
    await checkpoint.close();
  }
}
