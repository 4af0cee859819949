import type { TakePart } from "../base/chunks.js";
import { finished } from "../host/pauses.js";
import type { PartOf, PassSpec } from "../matrix/pass-spec.js";
import type { Helpers } from "../matrix/passes.js";

interface Helper {
  arrived: (PartOf<PassSpec> | null)[];
  wake: (() => void) | null;
}

/**
 * The sums of chunks that helpers send, as the thread that leads takes them: helper by helper, in order, however they
 * arrive.
 */
export class HelperParts implements Helpers {
  private helpers: Helper[] = [];

  /** `send` brings the pass to all of `count` helpers. */
  constructor(
    private readonly count: number,
    private readonly send: (spec: PassSpec) => void,
  ) {}

  /** Null after the last part of a pass. */
  arrive(helper: number, part: PartOf<PassSpec> | null): void {
    this.helpers[helper].arrived.push(part);
    this.helpers[helper].wake?.();
  }

  start<Spec extends PassSpec>(spec: Spec): (take: TakePart<PartOf<Spec>>) => Promise<void> {
    this.helpers = Array.from({ length: this.count }, () => ({ arrived: [], wake: null }));
    this.send(spec);
    return async (take) => {
      for (const helper of this.helpers) {
        for (;;) {
          if (helper.arrived.length === 0)
            await new Promise<void>((resolve) => {
              helper.wake = resolve;
            });
          const part = helper.arrived.shift();
          if (part === null) break;
          await finished(take(part as PartOf<Spec>));
        }
      }
    };
  }
}
