import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layerOf, otherRole, ROLES, roleOf, stackOf } from "../../src/checkpoint/names.js";
import { data, describeNeeding, inClone, inCollection } from "../support/data.js";

/** name → [layer, role]. */
const schemes = JSON.parse(readFileSync(new URL("names-schemes.json", import.meta.url), "utf8")) as Record<
  string,
  Record<string, [number | null, string | null]>
>;

for (const [scheme, names] of Object.entries(schemes)) {
  describe(scheme, () => {
    it.each(Object.entries(names))("%s", (name, expected) => {
      expect([layerOf(name), roleOf(name)]).toEqual(expected);
    });
  });
}

describe("two stacks with the same numbers", () => {
  it("are told apart", () => {
    expect(stackOf("model.encoder.layers.0.fc1.weight")).toBe("model.encoder.layers");
    expect(stackOf("model.decoder.layers.0.fc1.weight")).toBe("model.decoder.layers");
    expect(stackOf("decoder_stack.0.sa.proj.weight")).toBe("decoder_stack");
    expect(stackOf("encoder_stack.layers.0.sa.proj.weight")).toBe("encoder_stack.layers");
    expect(stackOf("enc.blk.0.ffn_up.weight")).toBe("enc.blk");
    expect(stackOf("bert/encoder/layer_3/attention/self/query/kernel")).toBe("bert.encoder.layer");
    expect(stackOf("Vision.Encoder.layers.3.mlp.fc1.weight")).toBe("Vision.Encoder.layers");
    expect(stackOf("lm_head.weight")).toBeNull();
  });
});

it("what has no role inside a block keeps its own name", () => {
  expect(otherRole("blocks.0.att.time_decay_w1")).toBe("other:time_decay_w1");
  expect(otherRole("double_blocks.3.img_mod.lin.weight")).toBe("other:lin");
  expect(otherRole("model.layers.0.mlp.experts[3,1]")).toBe("other:experts");
  expect(otherRole("joint_blocks.2.x_block.adaLN_modulation.1.weight")).toBe("other:adaLN_modulation");
});

describe("any name", () => {
  const part = fc.oneof(
    fc.constantFrom(
      "layers",
      "h",
      "blk",
      "0",
      "17",
      "attn",
      "mlp",
      "experts",
      "c_proj",
      "output",
      "dense",
      "weight",
      "heads",
      "",
      "lm_head",
    ),
    fc.string(),
  );
  it("gives a role of the contract or null, and a layer exactly where it gives a stack", () => {
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join(".")),
        (name) => {
          const role = roleOf(name);
          const layer = layerOf(name);
          expect(role === null || ROLES.includes(role)).toBe(true);
          expect(layer === null).toBe(stackOf(name) === null);
          if (layer !== null) expect(Number.isSafeInteger(layer) && layer >= 0).toBe(true);
        },
      ),
    );
  });
  it("of a megabyte costs nothing", () => {
    const start = performance.now();
    expect(roleOf("layers.0.".repeat(200_000))).toBeNull();
    expect(layerOf("a".repeat(1_000_000))).toBeNull();
    expect(performance.now() - start).toBeLessThan(200);
  });
});

/** Matrices of the trained models: how many of each role they have, counted by hand from their architectures. */
const counts = JSON.parse(readFileSync(new URL("names-counts.json", import.meta.url), "utf8")) as Record<
  string,
  Partial<Record<string, number>>
>;

function headerOf(file: string): [string, { shape: number[] }][] {
  const bytes = readFileSync(file);
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0)))) as Record<
    string,
    { shape: number[] }
  >;
  return Object.entries(header).filter(([name]) => name !== "__metadata__");
}

/** Every role that a model's names are given, and how often; vectors have none. */
function rolesOf(file: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, { shape }] of headerOf(data(file))) {
    const role = roleOf(name);
    if (role === null) continue;
    found[role] = (found[role] ?? 0) + 1;
    expect(shape.length, `${name}: a vector has no role`).toBeGreaterThan(1);
    if (role.startsWith("attention") || role.startsWith("mlp")) expect(layerOf(name), name).not.toBeNull();
    if (role === "embedding" || role === "head" || role === "position") expect(layerOf(name), name).toBeNull();
  }
  return found;
}

describe("names of the model made here", () => {
  it.each(inClone(Object.keys(counts)))("%s", (file) => expect(rolesOf(file)).toEqual(counts[file]));
});

describeNeeding(["collection"], "names of other models", () => {
  it.each(inCollection(Object.keys(counts)))("%s", (file) => expect(rolesOf(file)).toEqual(counts[file]));
});
