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

/**
 * Low-rank adapters: A [rank, inputs…], B [outputs, rank…], ΔW = scale · B · A. The scale is alpha / rank (with rank
 * stabilised adapters alpha / √rank), alpha from a tensor (kohya), adapter_config.json (PEFT) or the metadata (GGUF).
 */
function adapter(b: string, alpha: string | null) {
  return async ({ name, codes, companion, adapterConfig, read }: Found): Promise<Recipe | Unread | null> => {
    const up = companion(b)!;
    if (codes.shape.length < 2 || up.shape.length < 2 || codes.shape.length === 3) return null;
    const [rank, columns, rows] = [codes.shape[0], rest(codes), up.shape[0]];
    if (rest(up) !== rank) return wrongShape("LoRA", up, [rows, rank], rows * columns);
    const stored = alpha === null ? undefined : companion(alpha);
    const own = stored?.parameters === 1 ? floatOf(await read(stored), stored.dtype) : null;
    const said = await adapterConfig();
    const module = adaptedName(name).replace(/\.weight$/, "");
    const given = own ?? said.alphaOf(module);
    const scale = given === null ? 1 : given / (own === null && said.stabilised ? Math.sqrt(rank) : rank);
    if (!Number.isFinite(scale)) return { family: "LoRA", reason: "LoRA: its alpha is not finite", weights: null };
    return {
      kind: "low-rank",
      family: "LoRA",
      outer: [],
      slices: 1,
      rows,
      columns,
      rank,
      a: codes,
      b: up,
      factor: scale,
    };
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

const row = (a: string, b: string, whole: string, alpha: string | null): Family => ({
  anchor: a,
  whole,
  types: FLOATS,
  needs: [b],
  takes: ["lora_magnitude_vector", "lora_magnitude_vector.weight", "dora_scale", ...(alpha === null ? [] : [alpha])],
  recipe: adapter(b, alpha),
});

const families = (): readonly Family[] => [
  row("lora_A.weight", "lora_B.weight", "weight", null),
  row("lora_A.default.weight", "lora_B.default.weight", "weight", null),
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
    alphaOf: (module) => {
      const own = patterns.find(([end]) => module === end || module.endsWith(`.${end}`))?.[1];
      return numberOf(own) ?? alpha;
    },
    stabilised: config?.use_rslora === true,
  };
}
