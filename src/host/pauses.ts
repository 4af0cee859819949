import { YIELD_EVERY_MS, yieldToEvents } from "#host";

/** Elements of a loop between looks at the clock. */
const BETWEEN_LOOKS = 256;

/**
 * For long loops of one thread: what it gives is called once an element, and awaited where it is not null. It lets
 * events through now and then, an abort among them.
 */
export function pauses(signal?: AbortSignal): () => Promise<void> | null {
  let passed = 0;
  let at = performance.now();
  const pause = async (): Promise<void> => {
    await yieldToEvents();
    signal?.throwIfAborted();
    at = performance.now();
  };
  return () => (++passed % BETWEEN_LOOKS === 0 && performance.now() - at > YIELD_EVERY_MS ? pause() : null);
}

/** Runs what is done in slices, and lets events through now and then; `onShare` hears what it yields. */
export async function finished<S, T>(
  slices: Generator<S, T, void>,
  { signal, onShare }: { signal?: AbortSignal | undefined; onShare?: ((share: S) => void) | undefined } = {},
): Promise<T> {
  let at = performance.now();
  try {
    for (;;) {
      const slice = slices.next();
      if (slice.done) return slice.value;
      if (performance.now() - at > YIELD_EVERY_MS) {
        await yieldToEvents();
        at = performance.now();
      }
      signal?.throwIfAborted();
      onShare?.(slice.value);
    }
  } finally {
    slices.return(undefined as T);
  }
}
