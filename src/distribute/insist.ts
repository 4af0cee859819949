import { pause } from "../base/aborts.js";
import { CheckpointError } from "../base/errors.js";

/** Milliseconds after a call that failed. */
const AFTER_FAILURE_MS = 1000;

/** Who hears of a call that failed and is made again, and what ends it. */
export interface Insisting {
  signal?: AbortSignal | undefined;
  onTrouble?: ((error: unknown) => void) | undefined;
}

/** A call of a server's, again while it is away. @throws CheckpointError of the call's own, the signal's reason. */
export async function insist<T>(call: () => Promise<T>, { signal, onTrouble }: Insisting): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (error instanceof CheckpointError) throw error;
      onTrouble?.(error);
      await pause(AFTER_FAILURE_MS, signal);
    }
  }
}
