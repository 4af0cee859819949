import type { TensorInfo } from "../../types.js";
import { bitsandbytesFamilies } from "./families/bitsandbytes.js";
import { gptqFamilies } from "./families/gptq.js";
import { adaptedName, loraFamilies } from "./families/lora.js";
import { mlxFamilies } from "./families/mlx.js";
import { packedFamilies } from "./families/packed.js";
import { scaledFamilies } from "./families/scaled.js";
import { unreadFamilies } from "./families/unread.js";
import { type Family, type Found, isUnread } from "./family.js";
import type { AdapterConfig, Hints } from "./hints.js";
import { partsOf, type Recipe } from "./recipe.js";

const everyFamily = (): readonly Family[] => [
  ...gptqFamilies,
  ...bitsandbytesFamilies,
  ...packedFamilies,
  ...mlxFamilies,
  ...scaledFamilies,
  ...loraFamilies,
  ...unreadFamilies,
];
/** A family with the suffixes of each need, and of all that belongs to it. */
interface FamilyRow extends Family {
  needed: readonly string[][];
  belonging: readonly string[];
}

const rowOf = (family: Family): FamilyRow => {
  const needed = family.needs.map((need) => need.split("|"));
  return { ...family, needed, belonging: [...needed.flat(), ...family.takes] };
};
const FAMILIES = /* @__PURE__ */ everyFamily().map(rowOf);

/** Why a stored tensor is no matrix, and no parameter, of its own. */
export interface Aside {
  kind: "companion" | "buffer" | "unread";
  reason: string;
  /** Weights it stands for: those of what cannot be dequantised; null where that is not known. */
  weights: number | null;
}

/** A matrix (or a stack of them) put together from stored tensors. */
export interface Assembled {
  /** As if it were one tensor: the whole name, the family for a type, its own shape. */
  tensor: TensorInfo;
  recipe: Recipe;
  /** Names of the stored tensors, that of the codes first. */
  parts: string[];
}

/** Which stored tensors make which matrix; every tensor in neither is one of its own. */
export interface Recognised {
  /** By the name of the codes. */
  assembled: Map<string, Assembled>;
  asides: Map<string, Aside>;
  /** Places of the stored tensors by name: a checkpoint may have 100,000. */
  places: ReadonlyMap<string, number>;
}

/** What recognising may read beyond the header: configurations beside the files, and small tensors. */
export interface Reader {
  hints(): Promise<Hints>;
  adapterConfig(): Promise<AdapterConfig>;
  read(tensor: TensorInfo): Promise<Uint8Array>;
}

/** Scales of activations and caches, and marks that tools leave: no part of any weight. */
const AUXILIARY = /* @__PURE__ */ new RegExp(
  `(?:^|[._])(?:${
    /* @__PURE__ */ [
      "(?:input|output|act|q|k|v|kv|kv_cache|prob|qkv|bmm\\d?|o)_(?:scale|scale_inv|zero_point|global_scale|amax)",
      "input_scale_ub|scale_input|qscale_act|scaled_fp8|comfy_quant|weight_format",
    ].join("|")
  })$`,
);
/** What belongs to a weight, wherever that is. */
const ORPHAN = /* @__PURE__ */ new RegExp(
  `(?:^|[._])(?:${
    /* @__PURE__ */ [
      "weight_(?:scale(?:_inv|_2)?|global_scale|zero_point|g_idx|shape)",
      "scale_inv|q?scale_weight|qzeros|g_idx|SCB",
      "(?:nested_)?(?:absmax|quant_map)|quant_state\\.bitsandbytes__\\w+",
    ].join("|")
  })$`,
);
/** Codes whose companions are not there. */
const ALONE: readonly [end: RegExp, types: readonly string[], family: string, perElement: number | null][] = [
  [/(?:^|[./])qweight$/, ["I32", "U32"], "GPTQ or AWQ", null],
  [/(?:^|[./])weight_packed$/, ["I32", "U32", "U8"], "compressed-tensors", null],
  [/_blocks$/, ["U8"], "MXFP4", 2],
];

/** Whether a suffix that begins with a word stands at the beginning of one in `name`. */
function hasEnding(name: string, ending: string): boolean {
  if (!name.endsWith(ending)) return false;
  if (ending === "" || /^[._]/.test(ending) || name.length === ending.length) return true;
  return /[./]/.test(name[name.length - ending.length - 1]);
}

/**
 * Sorts stored tensors into matrices put together of several, their companions, and the rest, which is not mentioned.
 */
export async function recognise(tensors: readonly TensorInfo[], reader: Reader): Promise<Recognised> {
  const places = new Map(tensors.map(({ name }, index) => [name, index]));
  const named = (name: string): TensorInfo | undefined => tensors[places.get(name) ?? -1];
  const found: Recognised = { assembled: new Map(), asides: new Map(), places };
  const families = new Map<string, readonly FamilyRow[]>();
  for (const tensor of tensors) {
    if (found.asides.has(tensor.name)) continue;
    const { dtype } = tensor;
    if (!families.has(dtype))
      families.set(
        dtype,
        FAMILIES.filter(({ types }) => types.includes(dtype)),
      );
    for (const family of families.get(dtype)!) {
      if (!hasEnding(tensor.name, family.anchor)) continue;
      const base = tensor.name.slice(0, tensor.name.length - family.anchor.length);
      const companion = (suffix: string): TensorInfo | undefined => named(base + suffix);
      if (!family.needed.every((need) => need.some(companion))) continue;
      // The same text is the same string: of 100,000 the copies count.
      const name = family.whole === family.anchor ? tensor.name : base + family.whole;
      if (
        await assemble(
          family,
          { ...reader, name: name.replace(/\.$/, ""), codes: tensor, companion, hints: await reader.hints() },
          found,
        )
      )
        break;
    }
  }
  unknownQuantisation(tensors, named, found);
  for (const tensor of tensors) {
    if (found.asides.has(tensor.name) || found.assembled.has(tensor.name)) continue;
    const alone = ALONE.find(([end, types]) => end.test(tensor.name) && types.includes(tensor.dtype));
    if (alone)
      found.asides.set(tensor.name, {
        kind: "unread",
        reason: `${alone[2]}: its scales are missing`,
        weights: alone[3] && tensor.parameters * alone[3],
      });
    else if (AUXILIARY.test(tensor.name) && (tensor.shape.length < 2 || tensor.parameters === 1))
      found.asides.set(tensor.name, { kind: "companion", reason: "a scale of activations", weights: 0 });
    else if (ORPHAN.test(tensor.name))
      found.asides.set(tensor.name, {
        kind: "companion",
        reason: "belongs to a quantised weight that is not here",
        weights: 0,
      });
  }
  return found;
}

const INTEGER = /^[IU](?:8|16|32)$/;
/** Floats beside integers of several dimensions that say the integers are codes. */
const SCALING = [
  "scales",
  "scale",
  "weight_scale",
  "weight_scales",
  "qscales",
  "absmax",
  "zeros",
  "zero_points",
  "zero",
];

/** Integers with scales beside them in no family: their scales are no matrices. */
function unknownQuantisation(
  tensors: readonly TensorInfo[],
  named: (name: string) => TensorInfo | undefined,
  { assembled, asides }: Recognised,
): void {
  for (const { name, dtype, shape } of tensors) {
    if (!INTEGER.test(dtype) || shape.length < 2 || asides.has(name) || assembled.has(name)) continue;
    const prefix = name.slice(0, name.lastIndexOf(".") + 1);
    const beside = SCALING.map((end) => named(prefix + end)).filter(
      (one) => one !== undefined && one.name !== name && !asides.has(one.name) && !assembled.has(one.name),
    );
    if (prefix === "" || !beside.some((one) => one && !INTEGER.test(one.dtype))) continue;
    asides.set(name, {
      kind: "unread",
      reason: "integers with scales, in a quantisation not known here",
      weights: null,
    });
    for (const one of beside)
      if (one)
        asides.set(one.name, {
          kind: "companion",
          reason: "belongs to integers in an unknown quantisation",
          weights: 0,
        });
  }
}

/** What is said of companions of each family: one object for all of them. */
const COMPANIONS = /* @__PURE__ */ new Map<string, Aside>();

function companionOf(family: string): Aside {
  const known = COMPANIONS.get(family) ?? {
    kind: "companion",
    reason: `companion of a weight (${family})`,
    weights: 0,
  };
  COMPANIONS.set(family, known);
  return known;
}

async function assemble(family: FamilyRow, found: Found, { assembled, asides }: Recognised): Promise<boolean> {
  const result = await family.recipe(found);
  if (result === null) return false;
  const { name, codes } = found;
  const unread = isUnread(result);
  const parts = [codes];
  const take = (part: TensorInfo | undefined): void => {
    if (part && !parts.includes(part)) parts.push(part);
  };
  if (!unread) for (const part of partsOf(result)) take(part);
  for (const suffix of family.belonging) take(found.companion(suffix));
  const companionship = companionOf(result.family);
  for (const part of parts.slice(1)) asides.set(part.name, companionship);
  if (unread) {
    asides.set(codes.name, { kind: "unread", reason: result.reason, weights: result.weights });
    return true;
  }
  const { outer, slices, rows, columns } = result;
  assembled.set(codes.name, {
    tensor: {
      name: result.kind === "low-rank" ? adaptedName(name) : name,
      dtype: result.family,
      shape: [...outer, rows, columns],
      parameters: slices * rows * columns,
      byteOffset: codes.byteOffset,
      byteLength: parts.reduce((sum, part) => sum + part.byteLength, 0),
      file: codes.file,
    },
    recipe: result,
    parts: parts.map((part) => part.name),
  });
  return true;
}
