import { requireObject } from "../base/arguments.js";
/** Part `index` (from 1) of `count`. */
export interface PartChoice {
  index: number;
  count: number;
}

/** @throws RangeError unless 1 ≤ index ≤ count, both whole. */
export function checkPart(part: PartChoice): void {
  requireObject(part, "part", "an object with index and count");
  const { index, count } = part;
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`part.count must be a whole number from 1, not ${count}`);
  if (!Number.isInteger(index) || index < 1 || index > count)
    throw new RangeError(`part.index must be a whole number from 1 to ${count}, not ${index}`);
}

/**
 * The tasks of one part, in order: runs of neighbours, so that a part reads few files, of about the same cost.
 * Every task
 * is in exactly one part, whatever their costs.
 */
export function tasksOfPart(costs: readonly number[], { index, count }: PartChoice): number[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  let before = 0;
  const tasks: number[] = [];
  costs.forEach((cost, task) => {
    // By the middle of its cost; the last part takes what rounding leaves over.
    const part = total > 0 ? Math.min(count - 1, Math.floor(((before + cost / 2) / total) * count)) : task % count;
    if (part === index - 1) tasks.push(task);
    before += cost;
  });
  return tasks;
}
