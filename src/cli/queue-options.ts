import { printable, withoutSecrets } from "../base/printable.js";
import type { QueueOptions } from "../distribute/bullmq.js";
import { option, text } from "./values.js";

/** Milliseconds in which the same trouble is said once. */
const SAID_EVERY_MS = 30_000;

/** `--queue URL`. */
export const queueOption = option(
  "URL",
  "of the queue: redis://, rediss:// or, experimental, postgres://; its password may be in WEIGHTSCOPE_QUEUE_PASSWORD",
  text,
);

/** The queue at a URL, whose troubles are said, but not each time that they come. */
export function queueAt(url: string, note: (text: string) => void): QueueOptions {
  const said = new Map<string, number>();
  return {
    url,
    onTrouble: (error) => {
      const reason = printable(withoutSecrets(error instanceof Error ? error.message || error.name : String(error)));
      const now = performance.now();
      if (now - (said.get(reason) ?? -SAID_EVERY_MS) < SAID_EVERY_MS) return;
      said.set(reason, now);
      note(`the queue: ${reason}; tried again`);
    },
  };
}
