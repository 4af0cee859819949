/** Whether the want of something is a failure here. */
export function isRequired(need: string): boolean;
/** Leaves counts, what failed by name, and what was left out for want of what, where scripts/test.mjs looks for them. */
export function writeResults(
  step: string,
  counts: { passed: number; failures: string[]; leftOut: Record<string, string[]> },
): void;
