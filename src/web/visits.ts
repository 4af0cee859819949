import type { Input } from "./messages.js";

/**
 * What was opened in this window, for the way back: files have no address that a link could carry. Numbers are of this
 * load of the page alone, since a history outlives it.
 */
export class Visits {
  private readonly inputs = new Map<number, Input>();
  private next = Math.floor(performance.timeOrigin) * 1000;

  add(input: Input): number {
    this.inputs.set(++this.next, input);
    return this.next;
  }

  get(visit: number): Input | undefined {
    return this.inputs.get(visit);
  }
}
