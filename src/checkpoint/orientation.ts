import type { TensorInfo } from "../types.js";
import { stackOf } from "./names.js";

/**
 * Which tensors hold the inputs of their linear map as rows, where names and shapes give it away. A matrix's rows are
 * outputs everywhere else (docs/method.md §1).
 */
export interface Orientation {
  /** Why the tensor's matrices are to be turned, or null. */
  reason(tensor: TensorInfo): string | null;
}

/** No tensor is turned. */
export const asStored: Orientation = { reason: () => null };

/** The layers of GPT-2 that are Conv1D in its own code. Elsewhere the same names are linear maps: only shapes tell. */
const CONV1D = /(?:^|[./])(c_attn|c_proj|c_fc|q_attn)\.weight$/;
/** Flax and Keras call the weights of a linear map its kernel, and keep them inputs × outputs. */
const KERNEL = /(?:^|[./])kernel$/;
const FUSED_EXPERTS = /^(.*(?:^|[._/])experts[._/])(?:gate_up_proj|gate_proj|up_proj|w1|w3)(\.weight)?$/;

const shown = (shape: readonly number[]): string => shape.join(" × ");

/**
 * The orientation that names and shapes of all tensors give away together: GPT-2's Conv1D, kernels of Flax and Keras,
 * stacked experts whose inputs come first.
 */
export function orientationOf(tensors: readonly TensorInfo[]): Orientation {
  const turned = new Map<string, string>();
  for (const [stack, example] of conv1dStacks(tensors))
    for (const tensor of tensors)
      if (tensor.shape.length === 2 && CONV1D.test(tensor.name) && stackOf(tensor.name) === stack)
        turned.set(tensor.name, `GPT-2's Conv1D (${example})`);
  for (const tensor of tensors)
    if (tensor.shape.length >= 2 && KERNEL.test(tensor.name)) turned.set(tensor.name, "kernels of Flax or Keras");
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const tensor of tensors) {
    const [, prefix, end = ""] = FUSED_EXPERTS.exec(tensor.name) ?? [];
    const down =
      prefix === undefined ? undefined : (byName.get(`${prefix}down_proj${end}`) ?? byName.get(`${prefix}w2${end}`));
    if (!down || !expertsAreTurned(tensor, down, tensors)) continue;
    const example = `${tensor.name.split(".").pop()} is ${shown(tensor.shape.slice(-2))}`;
    for (const one of [tensor, down]) turned.set(one.name, `stacked experts (${example})`);
  }
  return { reason: ({ name }) => turned.get(name) ?? null };
}

/** Stacks whose fused attention is d × 3d, or whose way up is wider than high, and nothing says otherwise. */
function conv1dStacks(tensors: readonly TensorInfo[]): Map<string | null, string> {
  const found = new Map<string | null, string | null>();
  for (const { name, shape } of tensors) {
    const layer = shape.length === 2 ? CONV1D.exec(name)?.[1] : undefined;
    if (layer !== "c_attn" && layer !== "c_fc") continue;
    const [rows, columns] = shape;
    const sure = layer === "c_attn" ? columns === 3 * rows : columns > rows;
    const against = layer === "c_attn" ? !sure && rows >= columns : rows > columns;
    const stack = stackOf(name);
    if (against) found.set(stack, null);
    else if (sure && !found.has(stack)) found.set(stack, `${layer} is ${shown(shape)}`);
  }
  return new Map([...found].filter((entry): entry is [string | null, string] => entry[1] !== null));
}

/** Gate and up together are twice as wide as the way down is high; one alone is told by the width of the model. */
function expertsAreTurned(up: TensorInfo, down: TensorInfo, tensors: readonly TensorInfo[]): boolean {
  if (up.shape.length < 3 || down.shape.length !== up.shape.length) return false;
  const [a, b] = up.shape.slice(-2);
  const [c, d] = down.shape.slice(-2);
  if (up.name.includes("gate_up")) return a === d && b === 2 * c;
  const embedding = tensors.find(
    ({ name, shape }) => shape.length === 2 && /(?:embed_tokens|wte|tok_embeddings)/.test(name),
  );
  const width = embedding?.shape[1];
  return width !== undefined && a === width && b !== width && c === b && d === a;
}
