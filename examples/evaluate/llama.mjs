/** The byte-level Llama of this project: RMSNorm, rotary positions, grouped queries, gated SiLU. */
import { add, attention, gated, normalise } from "./layers.mjs";

const HEAD = 64;
const THETA = 10_000;

/** Names in a safetensors file and in a GGUF. */
const names = {
  embedding: ["model.embed_tokens.weight", "token_embd.weight"],
  norm: ["model.norm.weight", "output_norm.weight"],
  head: ["lm_head.weight", "output.weight"],
  layer: ["model.layers.", "blk."],
};
const parts = {
  inputNorm: ["input_layernorm", "attn_norm"],
  query: ["self_attn.q_proj", "attn_q"],
  key: ["self_attn.k_proj", "attn_k"],
  value: ["self_attn.v_proj", "attn_v"],
  output: ["self_attn.o_proj", "attn_output"],
  feedNorm: ["post_attention_layernorm", "ffn_norm"],
  gate: ["mlp.gate_proj", "ffn_gate"],
  up: ["mlp.up_proj", "ffn_up"],
  down: ["mlp.down_proj", "ffn_down"],
};

/** True of a file that holds such a model, under either set of names. */
export const recognises = (weights) => names.embedding.some((name) => weights.has(name));

/**
 * llama.cpp stores the rows of queries and keys so that rotated pairs lie side by side; here they lie half a head
 * apart.
 */
function apart({ data, rows, columns }) {
  const out = new Float32Array(data.length);
  const half = HEAD / 2;
  for (let i = 0; i < rows; i++) {
    const within = i % HEAD;
    const from = i - within + (within < half ? 2 * within : 2 * (within - half) + 1);
    out.set(data.subarray(from * columns, (from + 1) * columns), i * columns);
  }
  return { data: out, rows, columns };
}

/** Cosines and sines of position × frequency, `HEAD / 2` a position. */
function rotations(length) {
  const half = HEAD / 2;
  const cosines = new Float32Array(length * half);
  const sines = new Float32Array(length * half);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position / THETA ** (i / half);
      cosines[position * half + i] = Math.cos(angle);
      sines[position * half + i] = Math.sin(angle);
    }
  }
  return { cosines, sines };
}

function rotate(x, width, length, { cosines, sines }) {
  const half = HEAD / 2;
  for (let row = 0; row < x.length / width; row++) {
    const table = (row % length) * half;
    for (let head = row * width; head < (row + 1) * width; head += HEAD) {
      for (let i = 0; i < half; i++) {
        const a = x[head + i];
        const b = x[head + half + i];
        const cosine = cosines[table + i];
        const sine = sines[table + i];
        x[head + i] = a * cosine - b * sine;
        x[head + half + i] = b * cosine + a * sine;
      }
    }
  }
}

/** Reads the weights; `predict(tokens, length, each)` calls `each(logits, position)` for windows of `length` tokens. */
export async function build(weights, products) {
  const dialect = names.embedding.findIndex((name) => weights.has(name));
  const get = async (name) => weights.read(name[dialect]);
  const place = ({ data, rows, columns }) => products.place(data, rows, columns);
  const embedding = await get(names.embedding);
  const width = embedding.columns;
  const norm = (await get(names.norm)).data;
  const layers = [];
  const tied = !weights.has(names.head[dialect]);
  const head = place(tied ? embedding : await get(names.head));
  for (let i = 0; weights.has(`${names.layer[dialect]}${i}.${parts.query[dialect]}.weight`); i++) {
    const layer = {};
    for (const [part, name] of Object.entries(parts)) {
      const read = await weights.read(`${names.layer[dialect]}${i}.${name[dialect]}.weight`);
      const stored = dialect === 1 && (part === "query" || part === "key") ? apart(read) : read;
      layer[part] = part.endsWith("Norm") ? stored.data : place(stored);
    }
    layers.push(layer);
  }
  return {
    vocabulary: head.rows,
    predict(tokens, length, each) {
      const turned = rotations(length);
      const h = new Float32Array(tokens.length * width);
      tokens.forEach((token, i) => h.set(embedding.data.subarray(token * width, (token + 1) * width), i * width));
      for (const layer of layers) {
        let a = normalise(h, layer.inputNorm, { centred: false });
        const q = products.multiply(a, layer.query);
        const k = products.multiply(a, layer.key);
        const v = products.multiply(a, layer.value);
        rotate(q, layer.query.rows, length, turned);
        rotate(k, layer.key.rows, length, turned);
        const heads = layer.query.rows / HEAD;
        const groups = layer.query.rows / layer.key.rows;
        const operand = (data, { rows }) => ({ data, width: rows, first: 0 });
        const mixed = attention(products, operand(q, layer.query), operand(k, layer.key), operand(v, layer.value), {
          length,
          heads,
          size: HEAD,
          groups,
        });
        add(h, products.multiply(mixed, layer.output));
        a = normalise(h, layer.feedNorm, { centred: false });
        add(h, products.multiply(gated(products.multiply(a, layer.gate), products.multiply(a, layer.up)), layer.down));
      }
      products.rows(normalise(h, norm, { centred: false }), head, each);
    },
  };
}
