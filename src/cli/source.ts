import { setFlagsFromString } from "node:v8";
import { addressShown } from "../base/printable.js";
import { openCheckpoint } from "../checkpoint/open.js";
import type { Checkpoint } from "../types.js";
import { UsageError } from "./command.js";
import { spoolStandardInput } from "./standard-input.js";

/** Tensors from which figures are held packed until they are written. */
export const MANY_TENSORS = 10_000;

/**
 * Opens what stands for SOURCE on the command line; `-` is standard input, spooled to a temporary file that goes when
 * the checkpoint is closed. `once`: no byte of a URL is asked for twice.
 */
export async function openSource(
  source: string,
  signal: AbortSignal,
  how: { token?: string | undefined; once?: boolean; maxSpool: number },
): Promise<Checkpoint> {
  if (source !== "-") return sparing(await openCheckpoint(source, { signal, ...how }));
  if (process.stdin.isTTY) throw new UsageError("standard input is a terminal: pipe a checkpoint into it");
  return sparing(await openCheckpoint(await spoolStandardInput(signal, how.maxSpool), { signal }));
}

/** Where there are many tensors, the heap grows in small steps: what it holds beyond that is room left for garbage. */
function sparing(checkpoint: Checkpoint): Checkpoint {
  if (checkpoint.tensors.length > MANY_TENSORS) setFlagsFromString("--heap-growing-percent=20");
  return checkpoint;
}

/** Each source in order; one that fails is said, the others go on. What comes back is what worked. */
export async function eachSource<T>(
  sources: readonly string[],
  failed: (error: unknown) => void,
  work: (source: string, shown: string) => Promise<T>,
): Promise<T[]> {
  if (sources.filter((source) => source === "-").length > 1)
    throw new UsageError("standard input can be read only once");
  const done: T[] = [];
  for (const source of sources) {
    try {
      done.push(await work(source, addressShown(source)));
    } catch (error) {
      failed(error);
    }
  }
  return done;
}
