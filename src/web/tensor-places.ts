import type { CheckpointPlan } from "../analyze/plan.js";
import type { Interpreted } from "../checkpoint/views/interpreted.js";
import type { TensorPlaces } from "./messages.js";

/** Which matrices each stored tensor makes, or why it makes none; in the order of the header. */
export function tensorPlaces(checkpoint: Interpreted, { matrices, skipped }: CheckpointPlan): TensorPlaces {
  const stored = checkpoint.stored.tensors;
  const at = new Map(stored.map(({ name }, i) => [name, i]));
  const owners = new Map<string, readonly string[]>();
  for (const tensor of checkpoint.tensors) {
    const parts = checkpoint.assembled(tensor)?.parts;
    if (parts) owners.set(tensor.name, parts);
  }
  const places: TensorPlaces = {
    first: new Int32Array(stored.length).fill(-1),
    count: new Int32Array(stored.length),
    reason: new Int32Array(stored.length).fill(-1),
    reasons: [],
  };
  const partsOf = (name: string): number[] =>
    (owners.get(name) ?? [name]).flatMap((part) => (at.has(part) ? [at.get(part)!] : []));
  matrices.forEach(({ tensor }, index) => {
    for (const place of partsOf(tensor.name)) {
      if (places.count[place]++ === 0) places.first[place] = index;
    }
  });
  const known = new Map<string, number>();
  for (const { name, reason } of skipped) {
    const number = known.get(reason) ?? places.reasons.push(reason) - 1;
    known.set(reason, number);
    // Parts of a matrix (scales, zero points) are with it, not beside it.
    for (const place of partsOf(name)) if (places.count[place] === 0) places.reason[place] = number;
  }
  return places;
}
