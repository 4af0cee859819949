import { E2M1, type Family, type Found, stackOf, type Unread, wrongShape } from "../family.js";
import type { Recipe, RowRecipe } from "../recipe.js";

const WIDTHS = [4, 8, 6, 5, 3, 2];
const GROUPS = [64, 32, 128, 16];

/**
 * MLX: words of 32 bits along the inputs, a stream of bits; one scale and one bias a group of inputs. weight = code ·
 * scale + bias. Its modes mxfp4, nvfp4 and mxfp8 have scales of eight bits and no biases.
 */
function recipe({ name, codes, companion, hints }: Found): Recipe | Unread | null {
  const scales = companion("scales")!;
  const biases = companion("biases") ?? null;
  if (codes.shape.length < 2 || scales.shape.length !== codes.shape.length) return null;
  const { outer, slices, rows, columns: words } = stackOf(codes.shape);
  const { slices: others, rows: scaleRows, columns: groups } = stackOf(scales.shape);
  const own = hints.modules.get(name.replace(/\.?weight$/, ""));
  const width = bitsAndGroup(
    words * 32,
    groups,
    own?.bits ?? hints.bits,
    own?.group ?? hints.group,
    scales.dtype === "U8",
  );
  if (others !== slices || scaleRows !== rows || !width)
    return wrongShape("MLX", scales, [...codes.shape.slice(0, -1), "groups"], null);
  const { bits, group } = width;
  const columns = groups * group;
  const stack = { outer, slices, rows, columns };
  const mode = own?.format ?? hints.format;
  const family =
    scales.dtype === "U8"
      ? bits === 8
        ? "MLX MXFP8"
        : group === 16 || mode === "nvfp4"
          ? "MLX NVFP4"
          : "MLX MXFP4"
      : `MLX-${bits}`;
  const each = { rowsEach: 1, columnsEach: group, shared: false };
  const rowBytes = words * 4;
  const common = { kind: "rows", family, ...stack, zeros: 0, factor: 1, groupOf: null } as const;
  if (scales.dtype === "U8") {
    const type = family === "MLX NVFP4" ? "F8_E4M3" : "F8_E8M0";
    const read: RowRecipe["codes"] =
      bits === 8
        ? { tensor: codes, kind: "values", type: "F8_E4M3", rowBytes }
        : { tensor: codes, kind: "nibbles", table: E2M1, highFirst: false, rowBytes };
    return { ...common, codes: read, scales: { tensor: scales, type, ...each }, biases: null };
  }
  if (!biases) return { family, reason: `${family}: its biases are missing`, weights: slices * rows * columns };
  if (biases.shape.join() !== scales.shape.join())
    return wrongShape(family, biases, scales.shape, slices * rows * columns);
  return {
    ...common,
    codes: { tensor: codes, kind: "bits", bits, words: false, rowBytes },
    scales: { tensor: scales, type: scales.dtype, ...each },
    biases: { tensor: biases, type: biases.dtype, ...each },
  };
}

/** Row bits = groups · group · bits: what the configuration says, else the usual group of 64 first. */
function bitsAndGroup(
  rowBits: number,
  groups: number,
  bits: number | null,
  group: number | null,
  byteScales: boolean,
): { bits: number; group: number } | null {
  const product = rowBits / groups;
  if (!(groups > 0) || !Number.isInteger(product)) return null;
  if (bits !== null && bits <= 8 && product % bits === 0) return { bits, group: product / bits };
  if (group !== null && product % group === 0 && product / group <= 8) return { bits: product / group, group };
  if (byteScales)
    return product === 64
      ? { bits: 4, group: 16 }
      : product === 128
        ? { bits: 4, group: 32 }
        : product === 256
          ? { bits: 8, group: 32 }
          : null;
  for (const each of GROUPS) if (WIDTHS.includes(product / each)) return { bits: product / each, group: each };
  return null;
}

/** MLX: codes packed into `weight`, with scales and, unless MXFP4, biases by group. */
export const mlxFamilies: readonly Family[] = [
  { anchor: "weight", whole: "weight", types: ["U32"], needs: ["scales"], takes: ["biases"], recipe },
];
