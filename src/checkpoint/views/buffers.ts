import type { TensorInfo } from "../../types.js";

/** Values of a tensor, [first, last) of all of them in order, as numbers. */
export type ReadValues = (tensor: TensorInfo, first: number, last: number) => Promise<Float32Array>;

/**
 * What a model carries beside its parameters: known by the name, and where a parameter could have that name, by the
 * contents.
 */
interface Buffer {
  name: RegExp;
  reason: string;
  /** Whether the shape (and then the values) are those of such a buffer. */
  shape?(shape: readonly number[]): boolean;
  holds?(tensor: TensorInfo, read: ReadValues): Promise<boolean>;
}

const isVector = (shape: readonly number[]): boolean => shape.filter((length) => length !== 1).length <= 1;
const isSquare = (shape: readonly number[]): boolean =>
  shape.length >= 2 && shape.at(-1) === shape.at(-2) && shape.slice(0, -2).every((length) => length === 1);

/** Two values alone, one of them above the diagonal and the other on it, in rows from the first to the last. */
async function isMask(tensor: TensorInfo, read: ReadValues): Promise<boolean> {
  const side = tensor.shape.at(-1)!;
  const rows = [...new Set([0, 1, side >> 1, side - 1])].filter((row) => row < side);
  if (side < 2) return true;
  const [on, above] = await read(tensor, 0, 2);
  if (Object.is(on, above) || on === above) return false;
  for (const row of rows) {
    const values = await read(tensor, row * side, (row + 1) * side);
    if (
      !values.every((value, column) =>
        column > row ? value === above : column === row ? value === on : value === on || value === above,
      )
    )
      return false;
  }
  return true;
}

/** A shifted window's mask: 0 and one negative number, in as many values as fit a look. */
async function isWindowMask(tensor: TensorInfo, read: ReadValues): Promise<boolean> {
  const values = await read(tensor, 0, Math.min(tensor.parameters, 65536));
  const other = values.find((value) => value !== 0);
  return (other === undefined || other < 0) && values.every((value) => value === 0 || value === other);
}

const look = (tensor: TensorInfo, read: ReadValues): Promise<Float32Array> =>
  read(tensor, 0, Math.min(tensor.parameters, tensor.shape.at(-1) ?? 1, 65536));

/** Falling, from at most 1 to above 0. */
async function isFrequencies(tensor: TensorInfo, read: ReadValues): Promise<boolean> {
  const values = await look(tensor, read);
  return values.every((value, i) => value > 0 && value <= 1 && (i === 0 || value <= values[i - 1]));
}

/** Positions from zero on. */
const isCount = async (tensor: TensorInfo, read: ReadValues): Promise<boolean> =>
  (await look(tensor, read)).every((value, i) => value === i);

/** The first row of a table of cosines or sines is that of angle zero: in halves, in turns, or one of them alone. */
const isAngleZero = async (tensor: TensorInfo, read: ReadValues): Promise<boolean> =>
  (await look(tensor, read)).every((value) => value === 0 || value === 1);

/** Sums of squares, and counts: none is negative or not a number. */
const isSums = async (tensor: TensorInfo, read: ReadValues): Promise<boolean> =>
  (await look(tensor, read)).every((value) => value >= 0);

/** What llama.cpp's imatrix holds. */
export const IMPORTANCE = "part of an importance matrix";

const BUFFERS: readonly Buffer[] = [
  { name: /\.weight\.(?:in_sum2|counts)$/, reason: IMPORTANCE, holds: isSums },
  {
    name: /(?:^|[._/])(?:(?:attn|attention)\.bias|(?:causal_|attention_|attn_)?mask|causal_bias|tril)$/,
    reason: "a causal mask",
    shape: isSquare,
    holds: isMask,
  },
  {
    name: /(?:^|[._/])attn_mask$/,
    reason: "an attention mask",
    shape: (shape) => shape.length >= 3,
    holds: isWindowMask,
  },
  { name: /(?:^|[._/])masked_bias$/, reason: "a mask's value", shape: isVector },
  {
    name: /(?:^|[._/])(?:position_ids|token_type_ids)$/,
    reason: "positions",
    shape: isVector,
    holds: async (tensor, read) => tensor.name.endsWith("token_type_ids") || isCount(tensor, read),
  },
  { name: /(?:^|[._/])(?:relative_position_index|rel_pos_index)$/, reason: "an index of relative positions" },
  { name: /(?:^|[._/])(?:relative_coords_table)$/, reason: "a table of relative coordinates" },
  {
    name: /(?:^|[._/])(?:inv_freq|original_inv_freq|(?:rope|rotary_emb|rotary_pos_emb)\.freqs)$/,
    reason: "rotary frequencies",
    shape: isVector,
    holds: isFrequencies,
  },
  {
    name: /(?:^|[./])rope_(?:freqs|factors_long|factors_short)(?:\.weight)?$/,
    reason: "rotary factors",
    shape: isVector,
  },
  {
    name: /(?:^|[._/])(?:cos|sin|cos_cached|sin_cached|freqs_cos|freqs_sin|cos_cache|sin_cache|cos_sin_cache|pe)$/,
    reason: "a rotary or sinusoidal table",
    holds: isAngleZero,
  },
  { name: /(?:^|[._/])freqs_cis$/, reason: "a rotary table" },
  {
    name: /(?:^|[._/])(?:running_mean|running_var|num_batches_tracked)$/,
    reason: "running statistics",
    shape: isVector,
  },
  {
    name: /(?:^|[._/])(?:betas|\w*alphas_cumprod\w*|posterior_(?:variance|log_variance_clipped|mean_coef[12]))$/,
    reason: "a noise schedule",
    shape: isVector,
  },
];

/** Why a tensor is a buffer and no parameter, or null. */
export async function bufferReason(tensor: TensorInfo, read: ReadValues): Promise<string | null> {
  for (const { name, reason, shape, holds } of BUFFERS) {
    if (!name.test(tensor.name) || (shape && !shape(tensor.shape)) || tensor.parameters === 0) continue;
    if (!holds || (await holds(tensor, read))) return reason;
  }
  return null;
}
