import { type Family, type Found, shareOf, type Unread, wrongShape } from "../family.js";
import type { Recipe } from "../recipe.js";

/**
 * GPTQ (AutoGPTQ, GPTQModel, AutoRound): qweight [inputs · bits / 32, outputs], a stream of bits down each output;
 * qzeros [groups, outputs · bits / 32], stored less one before checkpoint format v2; scales [groups, outputs]; g_idx,
 * the group of each input. weight = (code − zero) · scale. AWQ (AutoAWQ's GEMM): qweight [inputs, outputs / 8] and
 * qzeros [groups, outputs / 8], eight outputs a word out of order.
 */
function recipe({ codes, companion, hints }: Found): Recipe | Unread | null {
  const scales = companion("scales")!;
  const zeros = companion("qzeros") ?? null;
  const groupOf = companion("g_idx") ?? null;
  if (codes.shape.length !== 2 || scales.shape.length !== 2) return null;
  const [stored, width] = codes.shape;
  const [groups, outputs] = scales.shape;
  if (
    hints.format === "marlin" ||
    hints.format === "gemv" ||
    hints.format === "gemv_fast" ||
    hints.format === "gemvfast"
  ) {
    return {
      family: `${hints.method === "awq" ? "AWQ" : "GPTQ"} (${hints.format})`,
      reason: `packed for the ${hints.format} kernel, which is not read`,
      weights: codes.parameters * (32 / (hints.bits ?? 4)),
    };
  }
  if (width * 8 === outputs && width !== outputs)
    return awq({ stored, outputs, groups }, { codes, scales, zeros, groupOf }, hints.group);
  if (width !== outputs)
    return wrongShape("GPTQ", scales, ["groups", width], codes.parameters * (32 / (hints.bits ?? 4)));
  const bits = bitsOf(stored, outputs, zeros?.shape[1] ?? null, groupOf?.parameters ?? null, hints.bits);
  const family = `GPTQ-${bits}`;
  const columns = groupOf?.parameters ?? Math.floor((stored * 32) / bits);
  const weights = outputs * columns;
  if (Math.ceil((columns * bits) / 32) !== stored)
    return wrongShape(family, codes, [Math.ceil((columns * bits) / 32), outputs], weights);
  if (zeros && (zeros.shape[0] !== groups || zeros.shape[1] !== Math.ceil((outputs * bits) / 32)))
    return wrongShape(family, zeros, [groups, Math.ceil((outputs * bits) / 32)], weights);
  const group = shareOf(columns, groups, hints.group);
  if (group === null && !groupOf) return wrongShape(family, scales, [`groups of ${columns} inputs`, outputs], weights);
  return {
    kind: "columns",
    family,
    outer: [],
    slices: 1,
    rows: outputs,
    columns,
    codes,
    packing: "stream",
    bits,
    scales,
    zeros,
    zeroOffset: hints.format === "gptq_v2" ? 0 : 1,
    group: group ?? Math.ceil(columns / groups),
    groupOf,
  };
}

/**
 * From the zeros' width, which is outputs · bits / 32; else from the inputs; else what the configuration says; else 4.
 */
function bitsOf(
  stored: number,
  outputs: number,
  zeroWords: number | null,
  inputs: number | null,
  hint: number | null,
): number {
  const widths = [4, 8, 2, 3, 5, 6, 7];
  const fits = (bits: number): boolean =>
    (zeroWords === null || Math.ceil((outputs * bits) / 32) === zeroWords) &&
    (inputs === null || Math.ceil((inputs * bits) / 32) === stored);
  if (hint !== null && hint <= 8 && fits(hint)) return hint;
  return widths.find(fits) ?? hint ?? 4;
}

type Shapes = { stored: number; outputs: number; groups: number };
type Parts = Pick<Extract<Recipe, { kind: "columns" }>, "codes" | "scales" | "zeros" | "groupOf">;

function awq(
  { stored: columns, outputs, groups }: Shapes,
  { codes, scales, zeros }: Parts,
  hint: number | null,
): Recipe | Unread {
  const family = "AWQ-4";
  const weights = outputs * columns;
  const group = shareOf(columns, groups, hint);
  if (group === null) return wrongShape(family, scales, [`groups of ${columns} inputs`, outputs], weights);
  if (zeros && (zeros.shape[0] !== groups || zeros.shape[1] !== outputs / 8))
    return wrongShape(family, zeros, [groups, outputs / 8], weights);
  return {
    kind: "columns",
    family,
    outer: [],
    slices: 1,
    rows: outputs,
    columns,
    codes,
    packing: "interleaved",
    bits: 4,
    scales,
    zeros,
    zeroOffset: 0,
    group,
    groupOf: null,
  };
}

/** GPTQ and AWQ: codes of 2 to 8 bits packed into `qweight`, with scales and zero points by group. */
export const gptqFamilies: readonly Family[] = [
  { anchor: "qweight", whole: "weight", types: ["I32", "U32"], needs: ["scales"], takes: ["qzeros", "g_idx"], recipe },
];
