/** The word-level GPT of this project: LayerNorm without bias, learned positions, fused attention, exact GELU. */
import { add, attention, gelu, normalise } from "./layers.mjs";

const HEAD = 32;

export const recognises = (weights) => weights.has("wte.weight") && weights.has("wpe.weight");

/** As `build` of llama.mjs. */
export async function build(weights, products) {
  const read = (name) => weights.read(`${name}.weight`);
  const place = async (name) => {
    const { data, rows, columns } = await read(name);
    return products.place(data, rows, columns);
  };
  const words = await read("wte");
  const positions = await read("wpe");
  const width = words.columns;
  const norm = (await read("ln_f")).data;
  const head = await place(weights.has("lm_head.weight") ? "lm_head" : "wte");
  const layers = [];
  for (let i = 0; weights.has(`blocks.${i}.attn.c_attn.weight`); i++) {
    const name = `blocks.${i}.`;
    layers.push({
      first: (await read(`${name}ln_1`)).data,
      fused: await place(`${name}attn.c_attn`),
      output: await place(`${name}attn.c_proj`),
      second: (await read(`${name}ln_2`)).data,
      up: await place(`${name}mlp.c_fc`),
      down: await place(`${name}mlp.c_proj`),
    });
  }
  return {
    vocabulary: head.rows,
    predict(tokens, length, each) {
      const h = new Float32Array(tokens.length * width);
      tokens.forEach((token, i) => {
        const word = token * width;
        const position = (i % length) * width;
        for (let j = 0; j < width; j++) h[i * width + j] = words.data[word + j] + positions.data[position + j];
      });
      for (const layer of layers) {
        const data = products.multiply(normalise(h, layer.first, { centred: true }), layer.fused);
        const [q, k, v] = [0, width, 2 * width].map((first) => ({ data, width: 3 * width, first }));
        const mixed = attention(products, q, k, v, { length, heads: width / HEAD, size: HEAD, groups: 1 });
        add(h, products.multiply(mixed, layer.output));
        const inner = gelu(products.multiply(normalise(h, layer.second, { centred: true }), layer.up));
        add(h, products.multiply(inner, layer.down));
      }
      products.rows(normalise(h, norm, { centred: true }), head, each);
    },
  };
}
