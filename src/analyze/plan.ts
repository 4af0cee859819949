import { matches, matricesOf, type Transposition } from "../checkpoint/matrices.js";
import type { Interpreted } from "../checkpoint/views/interpreted.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { SampleDesign } from "./draw.js";

/** What is to be analysed of a checkpoint, and what is not, known from its header alone. */
export interface CheckpointPlan {
  matrices: StoredMatrix[];
  skipped: { name: string; reason: string }[];
  /** Weights of the tensors the filters keep that are in no matrix. */
  otherParameters: number;
  /** Lines for the reader of the report. */
  notes: string[];
  /** Where the matrices are a sample. */
  sample?: SampleDesign;
}

/** Matrices in the order of the checkpoint; `include` and `exclude` choose tensors by name, and slices by theirs. */
export function planMatrices(
  checkpoint: Interpreted,
  filter: { include?: RegExp | undefined; exclude?: RegExp | undefined; transpose?: Transposition | undefined },
): CheckpointPlan {
  const kept = ({ name }: { name: string }): boolean =>
    (!filter.include || matches(filter.include, name)) && !(filter.exclude && matches(filter.exclude, name));
  const found = matricesOf(checkpoint, filter.transpose);
  const matrices: StoredMatrix[] = found.matrices.filter(kept);
  const skipped = found.skipped.filter(kept);
  const notes = [...found.notes];
  if (matrices.length < found.matrices.length)
    notes.push(`figures are of ${matrices.length} of ${found.matrices.length} matrices: the others were filtered out`);
  return {
    matrices,
    skipped: skipped.map(({ name, reason }) => ({ name, reason })),
    otherParameters: skipped.reduce((sum, { weights }) => sum + weights, 0),
    notes,
  };
}
