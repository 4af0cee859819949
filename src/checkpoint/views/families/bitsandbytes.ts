import { type Family, type Found, type Unread, wrongShape } from "../family.js";
import { parseObject } from "../hints.js";
import type { Recipe } from "../recipe.js";

const STATES = [".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4"];
const LONGEST_STATE = 65536;

/**
 * bitsandbytes' NF4 and FP4: codes of four bits in one column of bytes, the first in the high bits, `absmax` a block
 * of 64, a table of sixteen values, and JSON with the shape. Nested: `absmax` is bytes that stand for table · scale +
 * offset, blocks of 256.
 */
async function recipe({ codes, companion, read }: Found): Promise<Recipe | Unread | null> {
  const state = STATES.map(companion).find((tensor) => tensor !== undefined);
  const type = state?.name.endsWith("fp4") ? "FP4" : "NF4";
  const family = `bitsandbytes ${type}`;
  const unread = (reason: string, weights: number | null = codes.parameters * 2): Unread => ({
    family,
    reason: `${family}: ${reason}`,
    weights,
  });
  if (!state) return unread("its quant_state is missing, so that its shape is not known");
  if (state.byteLength > LONGEST_STATE) return unread(`a quant_state of ${state.byteLength} bytes`);
  const said = parseObject(await read(state));
  const shape = said?.shape;
  const block = Number(said?.blocksize);
  if (
    !said ||
    !Array.isArray(shape) ||
    shape.length !== 2 ||
    !shape.every((length) => Number.isInteger(length) && length > 0)
  )
    return unread("its quant_state names no shape of rows and columns");
  const [rows, columns] = shape as [number, number];
  const weights = rows * columns;
  if (!(Number.isInteger(block) && block > 0 && block % 2 === 0))
    return unread("its quant_state names no block size", weights);
  if (codes.byteLength !== Math.ceil(weights / 2))
    return wrongShape(family, codes, [Math.ceil(weights / 2), 1], weights);
  const blocks = Math.ceil(weights / block);
  const scales = companion(".absmax")!;
  const table = companion(".quant_map");
  if (scales.parameters !== blocks) return wrongShape(family, scales, [blocks], weights);
  if (table?.parameters !== 16) return unread("its quant_map of 16 values is missing", weights);
  const common = { kind: "flat", family, outer: [], slices: 1, rows, columns, codes, block, table, scales } as const;
  if (scales.dtype !== "U8") return { ...common, nested: null };
  const outer = companion(".nested_absmax");
  const outerTable = companion(".nested_quant_map");
  const size = Number(said.nested_blocksize ?? 256);
  const offset = Number(said.nested_offset ?? 0);
  if (!outer || outerTable?.parameters !== 256)
    return unread("absmax is nested, and nested_absmax or nested_quant_map is missing", weights);
  if (
    !(Number.isInteger(size) && size > 0) ||
    outer.parameters !== Math.ceil(blocks / size) ||
    !Number.isFinite(offset)
  )
    return wrongShape(family, outer, [Math.ceil(blocks / (size || 256))], weights);
  return { ...common, nested: { table: outerTable, scales: outer, block: size, offset } };
}

/** bitsandbytes: NF4 and FP4 blocks with `absmax`, itself in 8 bits where it is nested. */
export const bitsandbytesFamilies: readonly Family[] = [
  {
    anchor: "",
    whole: "",
    types: ["U8", "I8", "BF16", "F16", "F32"],
    needs: [".absmax"],
    takes: /* @__PURE__ */ [".quant_map", ".nested_absmax", ".nested_quant_map"].concat(STATES),
    recipe,
  },
];
