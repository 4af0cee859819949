import { CheckpointError } from "../base/errors.js";
import type { AnalyzeOptions } from "../types.js";
import { anyOf, type Check, fits, integer, list, nothingElse, number, optional, text, truth } from "./shape.js";

/** Characters of a job, and of a job's result: more is refused before it is parsed. */
export const LONGEST_WORK = 8 << 20;
/** Matrices of a job. */
export const MOST_TASKS = 10_000;
const LONGEST_ADDRESS = 4096;
const MOST_GAUSSIANS = 64;

/** The options that figures depend on, as plain data: no patterns, so that nothing in a job is run. */
export type WorkOptions = Pick<
  AnalyzeOptions,
  | "gaussians"
  | "width"
  | "permutations"
  | "participation"
  | "svd"
  | "energy"
  | "spectrum"
  | "singularValues"
  | "seed"
  | "sample"
> & { transpose?: "auto" | "none" | undefined };

/**
 * What a job holds, whatever carries it: where the checkpoint is, what is asked, and which matrices of it, by their
 * places in its unfiltered plan and the keys that stand for their whole work. A worker reads the header itself, so no
 * number of a job is an offset or a length.
 */
export interface Work {
  schemaVersion: 1;
  /** Of this program, and the instructions of its kernels: both must be the worker's. */
  version: string;
  instructions: string;
  address: string;
  options: WorkOptions;
  tasks: WorkTask[];
}

/** A matrix of a job. */
export interface WorkTask {
  key: string;
  index: number;
}

/** A key: 128 bits in hexadecimal digits. */
export const KEY = /^[0-9a-f]{32}$/;

const options = nothingElse({
  gaussians: optional(list(anyOf(integer(1), text(/^(?:auto|d\/[1-9]\d{0,8}|[1-9]\d{0,8})$/, 16)), MOST_GAUSSIANS)),
  width: optional(number),
  permutations: optional(integer(0, 1_000_000)),
  participation: optional(
    nothingElse({
      method: optional(text(/^(?:auto|exact|power)$/, 16)),
      tolerance: optional(number),
      blockSize: optional(integer(1, 1024)),
      maxIterations: optional(integer(1, 1_000_000)),
      seed: optional(number),
    }),
  ),
  svd: optional(truth),
  energy: optional(number),
  spectrum: optional(text(/^(?:auto|all|none)$/, 16)),
  singularValues: optional(truth),
  seed: optional(number),
  sample: optional(nothingElse({ layers: optional(integer(1)), experts: optional(integer(1)) })),
  transpose: optional(text(/^(?:auto|none)$/, 16)),
});

const work: Check = nothingElse({
  schemaVersion: (value) => value === 1,
  version: text(/^[\w.+-]+$/, 64),
  instructions: text(/^[\w-]+$/, 32),
  address: text(/./s, LONGEST_ADDRESS),
  options,
  tasks: list(nothingElse({ key: text(KEY, 32), index: integer(0, 0x7fffffff) }), MOST_TASKS, 1),
});

/**
 * The work of a job, which anybody who can write to the queue may have written.
 * @throws CheckpointError "bad-work" where it is not what `Work` says, or more than its limits.
 */
export function parseWork(given: unknown): Work {
  if (typeof given !== "string") throw refused("no text");
  if (given.length > LONGEST_WORK) throw refused(`${given.length} characters, more than ${LONGEST_WORK}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(given);
  } catch {
    throw refused("no JSON");
  }
  const wrong = fits(parsed, work);
  if (wrong !== null) throw refused(wrong);
  const found = parsed as Work;
  if (new Set(found.tasks.map(({ key }) => key)).size < found.tasks.length) throw refused("a task stands in it twice");
  return found;
}

const refused = (why: string): CheckpointError => new CheckpointError("bad-work", `a job that is none of ours: ${why}`);
