import { onAbort } from "../base/aborts.js";
import { Postponed } from "../bytes/retry.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";

/** Lets work through while it is open. Paused work holds what it has and asks for nothing more. */
export class Gate {
  private closed: Promise<void> | null = null;
  private release: (() => void) | null = null;
  /** Requests that are not answered yet. */
  private readonly asked = new Set<AbortController>();

  pause(): void {
    for (const request of this.asked) request.abort(new Postponed());
    this.closed ??= new Promise((resolve) => {
      this.release = resolve;
    });
  }

  resume(): void {
    this.release?.();
    this.closed = this.release = null;
  }

  async pass(): Promise<void> {
    while (this.closed) await this.closed;
  }

  /** `fetch` for who passes before each request. What is not answered when the gate closes is asked for again later. */
  fetching(through: typeof fetch): typeof fetch {
    return async (input, init) => {
      if (this.closed) throw new Postponed();
      const request = new AbortController();
      const { signal } = init ?? {};
      if (signal) onAbort(signal, () => request.abort(signal.reason));
      this.asked.add(request);
      try {
        return await through(input, { ...init, signal: request.signal });
      } catch (error) {
        throw request.signal.reason instanceof Postponed ? request.signal.reason : error;
      } finally {
        this.asked.delete(request);
      }
    };
  }
}

/** The same checkpoint, whose reads wait at the gate. */
export function gated(checkpoint: RawCheckpoint, gate: Gate): RawCheckpoint {
  return new Proxy(checkpoint, {
    get(target, property) {
      if (property === "readBytes") {
        return async (...given: Parameters<RawCheckpoint["readBytes"]>): Promise<Uint8Array> => {
          await gate.pass();
          return target.readBytes(...given);
        };
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
