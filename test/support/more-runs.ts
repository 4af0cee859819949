import { vi } from "vitest";

/**
 * Properties with WEIGHTSCOPE_TIMES as many cases as they ask for themselves (`npm run test:properties`): what holds
 * for most seeds is found here, before one of many runs fails by chance. Each ends after WEIGHTSCOPE_SECONDS.
 */
const times = Number(process.env.WEIGHTSCOPE_TIMES);
const seconds = Number(process.env.WEIGHTSCOPE_SECONDS);

vi.mock("fast-check", async (importOriginal) => {
  const original = await importOriginal<typeof import("fast-check")>();
  const assert = (property: never, parameters: { numRuns?: number } = {}): unknown =>
    original.assert(property, {
      ...parameters,
      numRuns: (parameters.numRuns ?? 100) * times,
      interruptAfterTimeLimit: seconds * 1000,
    });
  return { ...original, assert, default: { ...original.default, assert } };
});
