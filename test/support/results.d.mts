/** Whether the want of something is a failure here. */
export function isRequired(need: string): boolean;
/** Leaves counts, and what was left out for want of what, where scripts/test.mjs looks for them. */
export function writeResults(
  step: string,
  counts: { passed: number; failed: number; leftOut: Record<string, string[]>; failures?: string[] },
): void;
