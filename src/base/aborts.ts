/**
 * Each signal has one listener of ours, however much waits for it: Node warns of a leak from eleven on, and under one
 * signal hundreds of streams, requests and analyses may be open.
 */
const waiting = new WeakMap<AbortSignal, { listeners: Set<() => void>; hear: () => void }>();

/** Calls `listener` once when the signal aborts; the function that is returned forgets it. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (!signal) return () => {};
  const known = waiting.get(signal) ?? listenTo(signal);
  const own = (): void => listener(); // the same function may wait twice
  known.listeners.add(own);
  return () => {
    known.listeners.delete(own);
    if (known.listeners.size > 0 || waiting.get(signal) !== known) return;
    signal.removeEventListener("abort", known.hear);
    waiting.delete(signal);
  };
}

function listenTo(signal: AbortSignal) {
  const listeners = new Set<() => void>();
  const hear = (): void => {
    waiting.delete(signal);
    for (const listener of [...listeners]) if (listeners.delete(listener)) listener();
  };
  signal.addEventListener("abort", hear, { once: true });
  const known = { listeners, hear };
  waiting.set(signal, known);
  return known;
}

/** Resolves after so many milliseconds; rejects with the signal's reason as soon as it aborts. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      forget();
      resolve();
    }, milliseconds);
    const forget = onAbort(signal, stop);
    if (signal?.aborted) stop();
  });
}
