import path from "node:path";
import { isNetworkAddress } from "../distribute/allowed.js";
import type { AnalyzeOptions, Checkpoint, Report } from "../types.js";
import { UsageError } from "./command.js";
import { queueAt } from "./queue-options.js";

/** What `analyze --queue` was asked for beside the analysis. */
interface QueueChoice {
  queue: string;
  source: string;
  signed?: boolean | undefined;
  keep?: boolean | undefined;
  jobSeconds?: number | undefined;
}

/** Looks without a worker until that is said. */
const PATIENCE = 10;

/**
 * `analyze` by the workers of a queue. `finish`, when the report is written, frees the queue of its jobs unless they
 * are kept.
 */
export async function analyzeQueued(
  checkpoint: Checkpoint,
  asked: AnalyzeOptions,
  { queue, source, signed, keep, jobSeconds }: QueueChoice,
  note: (text: string) => void,
): Promise<{ report: Report; finish(): Promise<void> }> {
  if (source === "-") throw new UsageError("--queue needs a source that workers can read, not standard input");
  const { analyzeByQueue } = await import("../distribute/bullmq.js");
  let alone = 0;
  const { report, remove, close } = await analyzeByQueue(checkpoint, {
    ...asked,
    queue: queueAt(queue, note),
    address: isNetworkAddress(source) ? source : path.resolve(source),
    signed,
    jobSeconds,
    onLook: ({ workers }) => {
      alone = workers > 0 ? 0 : alone + 1;
      if (alone === PATIENCE) note("no worker is connected: weightscope worker --queue URL --allow PREFIX starts one");
    },
  });
  const finish = async (): Promise<void> => {
    if (!keep) await remove();
    await close();
  };
  return { report, finish };
}
