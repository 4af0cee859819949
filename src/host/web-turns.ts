/** Turns of the event loop where there is `setTimeout` alone. */

/** Milliseconds of work between turns of the event loop. */
export const YIELD_EVERY_MS = 50;
/** One turn of the event loop. */
export const yieldToEvents = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
