import { asRawCheckpoint, isCheckpoint } from "../checkpoint/adapted.js";
import { openRaw } from "../checkpoint/open.js";
import type { AnalyzeOptions, Checkpoint, CheckpointInput } from "../types.js";
import { checkedOptions, knownOptions, naturalOptions } from "./options.js";
import { type Prepared, prepare } from "./prepare.js";

/**
 * Work on a checkpoint whose matrices are chosen; what is opened for it is closed after it. `more` names what `given`
 * has beside the options of `analyze`.
 */
export async function withPrepared<T>(
  input: CheckpointInput | Checkpoint,
  given: AnalyzeOptions,
  work: (prepared: Prepared, options: AnalyzeOptions) => Promise<T>,
  more: object = {},
): Promise<T> {
  const options = naturalOptions(knownOptions(given, more));
  const settings = checkedOptions(options);
  options.signal?.throwIfAborted();
  if (isCheckpoint(input)) return work(await prepare(asRawCheckpoint(input), options, settings), options);
  const checkpoint = await openRaw(input, { signal: options.signal });
  try {
    return await work(await prepare(checkpoint, options, settings), options);
  } finally {
    await checkpoint.close();
  }
}
