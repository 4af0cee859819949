import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { StoredMatrix } from "../matrix/stored.js";
import type { Side } from "./side.js";

/** What an adapter says of a matrix is no matrix but its change: it is added to the base, in f32. */

/** The type of a sum that nothing rounded to the files' own. */
export const ADDED = "F32";

/** Whether a matrix is scale · B · A of an adapter. */
export const isChange = ({ checkpoint }: Side, { tensor }: StoredMatrix): boolean =>
  checkpoint.assembled(tensor)?.recipe.kind === "low-rank";

/**
 * Whether the tuned side is a change to add to the base. Two adapters are compared as they are.
 * @throws CheckpointError "adapter-first" where it is the base that is one.
 */
export function addedTo([base, ofBase]: [Side, StoredMatrix], [tuned, ofTuned]: [Side, StoredMatrix]): boolean {
  const second = isChange(tuned, ofTuned);
  if (!isChange(base, ofBase)) return second;
  if (second) return false;
  throw new CheckpointError(
    "adapter-first",
    `${printable(base.checkpoint.name)}: an adapter, which is the change of a base: it goes second, after what it ` +
      "adapts",
  );
}

/** Says so, where it was. */
export function addedNote(pairs: readonly { added: boolean }[]): string[] {
  const count = pairs.filter(({ added }) => added).length;
  return count === 0
    ? []
    : [
        `the tuned side is an adapter: scale · B · A was added to ${count} matrices of the base in f32; what it does ` +
          "not name is as in the base",
      ];
}
