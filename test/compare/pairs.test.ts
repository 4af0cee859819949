import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairUp } from "../../src/compare/pairs.js";

const square = (name: string): { name: string; rows: number; columns: number } => ({ name, rows: 8, columns: 8 });
const named = (base: string[], tuned: string[]): [string, string][] =>
  pairUp(base.map(square), tuned.map(square)).pairs.map(([i, j]) => [base[i], tuned[j]]);

describe("pairs", () => {
  it("are by name first, in the order of the tuned side", () => {
    expect(named(["b", "a"], ["a", "b", "c"])).toEqual([
      ["a", "a"],
      ["b", "b"],
    ]);
  });

  it("are by name without what savers wrap around a model", () => {
    expect(
      named(["model.layers.0.mlp.up_proj.weight"], ["base_model.model.model.layers.0.mlp.up_proj.weight"]),
    ).toHaveLength(1);
    expect(named(["h.0.attn.c_attn.weight"], ["transformer.h.0.attn.c_attn.weight"])).toHaveLength(1);
  });

  it("are by layer, role and shape between naming schemes", () => {
    const gguf = [
      "blk.0.attn_q.weight",
      "blk.0.attn_output.weight",
      "blk.1.ffn_down.weight",
      "token_embd.weight",
      "output.weight",
      "blk.0.attn_norm.weight",
      "output_norm.weight",
      "blk.0.attn_q.bias",
    ];
    const authors = [
      "model.layers.0.self_attn.q_proj.weight",
      "model.layers.0.self_attn.o_proj.weight",
      "model.layers.1.mlp.down_proj.weight",
      "model.embed_tokens.weight",
      "lm_head.weight",
      "model.layers.0.input_layernorm.weight",
      "model.norm.weight",
      "model.layers.0.self_attn.q_proj.bias",
    ];
    expect(named(authors, gguf)).toEqual(authors.map((name, i) => [name, gguf[i]]));
    expect(named(gguf, authors)).toEqual(authors.map((name, i) => [gguf[i], name]));
  });

  it("are not made where a role stands for several", () => {
    const latent = ["model.layers.0.self_attn.q_a_proj.weight", "model.layers.0.self_attn.q_b_proj.weight"];
    expect(named(latent, ["blk.0.attn_q_a.weight", "blk.0.attn_q_b.weight"])).toEqual([]);
  });

  it("do not mix an encoder with a decoder", () => {
    const both = ["encoder.layers.0.self_attn.q_proj.weight", "decoder.layers.0.self_attn.q_proj.weight"];
    expect(
      named(
        both,
        both.map((name) => `model.${name}`),
      ),
    ).toEqual(both.map((name) => [name, `model.${name}`]));
  });

  it("keep slices of a stack apart", () => {
    const slices = [0, 1].map((i) => `model.layers.0.mlp.experts.up_proj[${i}]`);
    expect(named(slices, [...slices].reverse())).toEqual([
      [slices[1], slices[1]],
      [slices[0], slices[0]],
    ]);
  });

  it("of one name and two shapes are mismatched on both sides, and nothing else", () => {
    const found = pairUp([{ name: "a", rows: 8, columns: 8 }], [{ name: "a", rows: 9, columns: 8 }]);
    expect(found).toEqual({ pairs: [], mismatched: [[0, 0]], unmatchedBase: [], unmatchedTuned: [] });
  });

  it("give each place to one list, whatever the names", () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "blk.0.attn_q.weight",
        "model.layers.0.self_attn.q_proj.weight",
        "layers.0.self_attn.q_proj.weight",
        "__proto__",
        "constructor",
      ),
    );
    const list = fc.uniqueArray(fc.record({ name, rows: fc.integer({ min: 1, max: 2 }), columns: fc.constant(2) }), {
      selector: (one) => one.name,
      maxLength: 8,
    });
    fc.assert(
      fc.property(list, list, (base, tuned) => {
        const { pairs, mismatched, unmatchedBase, unmatchedTuned } = pairUp(base, tuned);
        const inOrder = (places: number[]): number[] => places.sort((a, b) => a - b);
        expect(inOrder([...pairs, ...mismatched].map(([i]) => i).concat(unmatchedBase))).toEqual([...base.keys()]);
        expect(inOrder([...pairs, ...mismatched].map(([, j]) => j).concat(unmatchedTuned))).toEqual([...tuned.keys()]);
        for (const [i, j] of pairs) expect([base[i].rows, base[i].columns]).toEqual([tuned[j].rows, tuned[j].columns]);
      }),
    );
  });
});
