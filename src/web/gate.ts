import type { RawCheckpoint } from "../checkpoint/checkpoint.js";

/** Lets work through while it is open. Paused work holds what it has and asks for nothing more. */
export class Gate {
  private closed: Promise<void> | null = null;
  private release: (() => void) | null = null;

  pause(): void {
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
