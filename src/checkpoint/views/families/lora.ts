import { float16Value } from "../../../base/half.js";
import type { TensorInfo } from "../../../types.js";
import { type Family, type Found, type Unread, wrongShape } from "../family.js";
import type { AdapterConfig } from "../hints.js";
import type { Recipe } from "../recipe.js";

const FLOATS = ["F32", "F16", "BF16", "F64"];
/** PEFT wraps the model twice. */
const WRAPPED = /^base_model\.model\./;

/** The name of what an adapter adapts. */
export const adaptedName = (name: string): string => name.replace(WRAPPED, "");

const rest = ({ shape }: TensorInfo): number => shape.slice(1).reduce((a, b) => a * b, 1);

interface Factors {
  rank: number;
  rows: number;
  columns: number;
  a: TensorInfo;
  b: TensorInfo;
  aTurned: boolean;
  bTurned: boolean;
}

/** A [rank, inputs…], B [outputs, rank…]; null where they do not fit. */
function factorsOf(a: TensorInfo, b: TensorInfo): Factors | null {
  const rank = a.shape[0];
  if (rest(b) === rank) return { rank, rows: b.shape[0], columns: rest(a), a, b, aTurned: false, bTurned: false };
  // llama.cpp keeps those of the token embedding as rows × rank and columns × rank.
  const flat = a.shape.length === 2 && b.shape.length === 2 && a.shape[1] === b.shape[1];
  if (!flat || !/(?:^|\.)token_embd\./.test(a.name)) return null;
  return { rank: a.shape[1], rows: a.shape[0], columns: b.shape[0], a: b, b: a, aTurned: true, bTurned: false };
}

/** Of an embedding, whose rows are A's columns: PEFT adds (B A)ᵀ. */
function embeddingOf(a: TensorInfo, b: TensorInfo): Factors | null {
  const rank = a.shape[0];
  if (a.shape.length !== 2 || b.shape.length !== 2 || b.shape[1] !== rank) return null;
  return { rank, rows: a.shape[1], columns: b.shape[0], a: b, b: a, aTurned: true, bTurned: true };
}

/**
 * Low-rank adapters: ΔW = scale · B · A. The scale is alpha / rank (with rank stabilised adapters alpha / √rank), alpha
 * from a tensor (kohya), adapter_config.json (PEFT) or the metadata (GGUF).
 */
function adapter(b: string, alpha: string | null, factors: typeof factorsOf) {
  return async ({ name, codes, companion, adapterConfig, read }: Found): Promise<Recipe | Unread | null> => {
    const up = companion(b)!;
    if (codes.shape.length < 2 || up.shape.length < 2) return null;
    const unread = (reason: string): Unread => ({
      family: "LoRA",
      reason: `LoRA ${reason}`,
      weights: codes.parameters + up.parameters,
    });
    if (companion("lora_mid.weight"))
      return unread("with a core between its factors is recognised, and not put together");
    // A convolution over one axis has a B of outputs × rank × 1; else the first dimension counts experts.
    if (codes.shape.length === 3 && up.shape.length === 3 && up.shape[2] !== 1)
      return unread("of stacked experts is recognised, and not put together");
    const fitting = factors(codes, up);
    if (!fitting) return wrongShape("LoRA", up, [up.shape[0], codes.shape[0]], up.shape[0] * rest(codes));
    const { rank } = fitting;
    const stored = alpha === null ? undefined : companion(alpha);
    const own = stored?.parameters === 1 ? floatOf(await read(stored), stored.dtype) : null;
    const said = await adapterConfig();
    const module = adaptedName(name).replace(/\.weight$/, "");
    const given = own ?? said.alphaOf(module);
    const scale = given === null ? 1 : given / (own === null && said.stabilised ? Math.sqrt(rank) : rank);
    if (!Number.isFinite(scale)) return { family: "LoRA", reason: "LoRA: its alpha is not finite", weights: null };
    return { kind: "low-rank", family: "LoRA", outer: [], slices: 1, ...fitting, factor: scale };
  };
}

function floatOf(bytes: Uint8Array, dtype: string): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === "F32") return view.getFloat32(0, true);
  if (dtype === "F64") return view.getFloat64(0, true);
  const bits = view.getUint16(0, true);
  if (dtype === "BF16") return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
  return dtype === "F16" ? float16Value(bits) : null;
}

const MAGNITUDES = ["lora_magnitude_vector", "lora_magnitude_vector.weight", "lora_magnitude_vector.default.weight"];

const row = (a: string, b: string, whole: string, alpha: string | null, factors = factorsOf): Family => ({
  anchor: a,
  whole,
  types: FLOATS,
  needs: [b],
  takes: [...MAGNITUDES, "dora_scale", "lora_mid.weight", ...(alpha === null ? [] : [alpha])],
  recipe: adapter(b, alpha, factors),
});

const families = (): readonly Family[] => [
  row("lora_A.weight", "lora_B.weight", "weight", null),
  row("lora_A.default.weight", "lora_B.default.weight", "weight", null),
  row("lora_embedding_A", "lora_embedding_B", "weight", null, embeddingOf),
  row("lora_embedding_A.default", "lora_embedding_B.default", "weight", null, embeddingOf),
  row("lora_down.weight", "lora_up.weight", "weight", "alpha"),
  row("lora.down.weight", "lora.up.weight", "weight", "alpha"),
  row(".lora_a", ".lora_b", "", null),
];
/**
 * The factors of a low-rank adapter under the names of PEFT, kohya, diffusers and GGUF: A, B, how the whole name ends,
 * and the tensor with alpha.
 */
export const loraFamilies = /* @__PURE__ */ families();

const numberOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/** From PEFT's adapter_config.json, or GGUF's metadata. */
export function adapterConfigOf(
  config: Record<string, unknown> | null,
  metadata: Readonly<Record<string, unknown>>,
): AdapterConfig {
  const alpha = numberOf(config?.lora_alpha) ?? numberOf(metadata["adapter.lora.alpha"]);
  const pattern = config?.alpha_pattern;
  const patterns = pattern !== null && typeof pattern === "object" ? Object.entries(pattern) : [];
  return {
    alphaOf: (module) => numberOf(patterns.find(([key]) => isNamed(module, key))?.[1]) ?? alpha,
    stabilised: config?.use_rslora === true,
    unread: patterns.map(([key]) => key).filter((key) => !PLAIN.test(key)),
  };
}

/** Keys of a pattern are expressions; those of words, escaped points and `.*` are followed, others are said. */
const PLAIN = /^\^?(?:[\w-]|\\?\.|\.\*)*\$?$/;

/** Whether PEFT's `(.*\.)?(key)$` matches, without an expression from a file. */
function isNamed(module: string, key: string): boolean {
  if (!PLAIN.test(key)) return false;
  const parts = key
    .replace(/\$$/, "")
    .replace(/^\^/, "")
    .split(".*")
    .map((part) => part.replaceAll("\\.", "."));
  const last = parts.at(-1)!;
  if (!module.endsWith(last)) return false;
  let rest = module.slice(0, module.length - last.length);
  if (parts.length === 1) return begins(rest, key);
  for (const part of parts.slice(1, -1).reverse()) {
    const at = rest.lastIndexOf(part);
    if (at < 0) return false;
    rest = rest.slice(0, at);
  }
  const [first] = parts;
  for (let at = rest.indexOf(first); at >= 0; at = rest.indexOf(first, at + 1)) {
    if (begins(rest.slice(0, at), key)) return true;
    if (at === rest.length) break;
  }
  return false;
}

/** Whether a match may begin behind `before`. */
const begins = (before: string, key: string): boolean =>
  before === "" || (!key.startsWith("^") && before.endsWith("."));
