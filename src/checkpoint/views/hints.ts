import { JsonError, JsonReader } from "../formats/json.js";

/** What a model's config.json says of its quantisation; what it does not say is read off the shapes. */
export interface Hints {
  /**
   * `quant_method`: "gptq", "awq", "fp8", "compressed-tensors", "bitsandbytes", …; "mlx" for MLX's own entry.
   */
  method: string | null;
  bits: number | null;
  group: number | null;
  /** GPTQ's `checkpoint_format`, AWQ's `version`, MLX's `mode`, compressed-tensors' `format`. */
  format: string | null;
  /** FP8's `weight_block_size`, rows × columns. */
  block: [number, number] | null;
  /** MLX: bits and group of single modules. */
  modules: ReadonlyMap<string, { bits: number | null; group: number | null; format: string | null }>;
}

/** A checkpoint without a configuration beside it. */
export const noHints: Hints = { method: null, bits: null, group: null, format: null, block: null, modules: new Map() };

/** What an adapter's configuration says of its scale. */
export interface AdapterConfig {
  /** By the module's name; null where nothing is said. */
  alphaOf(module: string): number | null;
  /** Scaled by √rank in place of the rank. */
  stabilised: boolean;
  /** Patterns for a module's alpha that are not followed. */
  unread: readonly string[];
}

type Json = Record<string, unknown>;
const objectOf = (value: unknown): Json | null =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Json) : null;
const whole = (value: unknown): number | null =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : null;
const word = (value: unknown): string | null => (typeof value === "string" ? value.toLowerCase() : null);

/** An object of a JSON text, or null where it is none. */
export function parseObject(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const reader = new JsonReader(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const value = reader.value();
    reader.end();
    return objectOf(value);
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeError) return null;
    throw error;
  }
}

/** The hints of a config.json (or quantize_config.json), whatever is wrong with it. */
export function hintsOf(config: Record<string, unknown> | null): Hints {
  if (!config) return noHints;
  const text = objectOf(config.text_config);
  const quantization =
    objectOf(config.quantization_config) ??
    objectOf(text?.quantization_config) ??
    (config.bits !== undefined ? config : null);
  // MLX writes its entry under both names, and no method into either.
  const mlx = objectOf(config.quantization);
  if (quantization && !(mlx && quantization.quant_method === undefined)) return quantizationHints(quantization);
  if (!mlx) return noHints;
  const modules = new Map(
    Object.entries(mlx).flatMap(([name, value]) => {
      const own = objectOf(value);
      return own
        ? [[name, { bits: whole(own.bits), group: whole(own.group_size), format: word(own.mode) }] as const]
        : [];
    }),
  );
  return {
    ...noHints,
    method: "mlx",
    bits: whole(mlx.bits),
    group: whole(mlx.group_size),
    format: word(mlx.mode),
    modules,
  };
}

function quantizationHints(entry: Json): Hints {
  const block = Array.isArray(entry.weight_block_size) ? entry.weight_block_size.map(whole) : [];
  // compressed-tensors: where all groups of modules agree.
  const groups = Object.values(objectOf(entry.config_groups) ?? {})
    .map((group) => objectOf(objectOf(group)?.weights))
    .filter((group) => group !== null);
  const agreed = (key: string): number | null =>
    groups.length > 0 && groups.every((group) => group[key] === groups[0][key]) ? whole(groups[0][key]) : null;
  return {
    ...noHints,
    method: word(entry.quant_method) ?? (entry.quant_algo !== undefined ? "modelopt" : "gptq"),
    bits: whole(entry.bits) ?? agreed("num_bits"),
    group: whole(entry.group_size) ?? agreed("group_size"),
    format:
      word(entry.checkpoint_format) ??
      word(entry.version) ??
      word(entry.format) ??
      (entry.is_marlin_format === true ? "marlin" : null),
    block: block.length === 2 && block[0] !== null && block[1] !== null ? [block[0], block[1]] : null,
  };
}
