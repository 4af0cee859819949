import type { InspectReport, TensorInfo } from "../types.js";

/** Of what is skipped, all but vectors, integers and the like, which are tensors of their own. */
const SET_ASIDE = /^(?!(?:integers|empty|scalar|vector|a single row|rows of|.* cannot be decoded))/;

/** Stored tensors, but for those that make up a matrix together: that one in place of its codes. */
export function tensorsOf({ tensors, matrices, source, buffers }: InspectReport): TensorInfo[] {
  const assembled = new Map(matrices.filter((one) => one.tensors.length > 1).map((one) => [one.tensors[0], one]));
  const stacks = new Map<string, number>();
  for (const {
    tensors: [codes],
  } of assembled.values())
    stacks.set(codes, 0);
  for (const {
    tensors: [codes],
  } of matrices)
    if (stacks.has(codes)) stacks.set(codes, stacks.get(codes)! + 1);
  const sizes = new Map(tensors.map(({ name, byteLength }) => [name, byteLength]));
  const companions = new Set(matrices.flatMap((one) => one.tensors.slice(1)));
  const aside = new Set([...buffers.map(({ name }) => name), ...companions]);
  const unread = new Set(source.skipped.filter(({ reason }) => SET_ASIDE.test(reason)).map(({ name }) => name));
  return tensors.flatMap((tensor): TensorInfo[] => {
    if (aside.has(tensor.name) || unread.has(tensor.name)) return [];
    const whole = assembled.get(tensor.name);
    if (!whole) return [tensor];
    const slices = stacks.get(tensor.name)!;
    return [
      {
        ...tensor,
        name: whole.name.replace(/\[[\d,]+\]$/, ""),
        dtype: whole.dtype,
        shape: slices > 1 ? [slices, ...whole.shape] : whole.shape,
        parameters: slices * whole.parameters,
        byteLength: whole.tensors.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0),
      },
    ];
  });
}
