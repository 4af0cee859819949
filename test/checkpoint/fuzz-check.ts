import { CheckpointError } from "../../src/base/errors.js";
import { rowShape } from "../../src/checkpoint/checkpoint.js";
import { openRaw } from "../../src/checkpoint/open.js";
import { type FuzzCase, fuzzCase } from "./fuzz-cases.js";

export const MILLISECONDS = 50;
export const MEGABYTES = 64;

export interface Outcome {
  code: string;
  milliseconds: number;
  megabytes: number;
}

/**
 * Opens a case, and where that works reads a row of its first tensors. Throws on anything but a CheckpointError, and on
 * a message that a terminal would obey.
 */
export async function tryCase({ name, bytes }: FuzzCase): Promise<Outcome> {
  const before = process.memoryUsage();
  const start = performance.now();
  const cpu = process.cpuUsage();
  let code = "opened";
  try {
    const checkpoint = await openRaw(new File([bytes], name));
    for (const tensor of checkpoint.tensors.slice(0, 3)) {
      if (checkpoint.undecodable(tensor) === null && rowShape(tensor).rows > 0) await checkpoint.readRows(tensor, 0, 1);
    }
    await checkpoint.close();
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(error.message))
      throw new Error(`a message with control characters: ${JSON.stringify(error.message)}`, { cause: error });
    code = error.code;
  }
  // On a busy machine the clock runs on while others work.
  const { user, system } = process.cpuUsage(cpu);
  const milliseconds = Math.min(performance.now() - start, (user + system) / 1000);
  const after = process.memoryUsage();
  return {
    code,
    milliseconds,
    megabytes: (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 2 ** 20,
  };
}

/**
 * Tries cases [first, last) and returns how often each code came. A case over the limits is tried twice more: the
 * machine may have been busy.
 */
export async function tryCases(first: number, last: number, codes: ReadonlySet<string>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let seed = first; seed < last; seed++) {
    const fuzz = fuzzCase(seed);
    const fail = (what: string, cause?: unknown) =>
      new Error(`case ${seed} (${fuzz.name}, ${fuzz.bytes.length} bytes): ${what}`, { cause });
    let outcome = await tryCase(fuzz).catch((error: unknown) => {
      throw fail(error instanceof Error ? (error.stack ?? error.message) : String(error), error);
    });
    for (let again = 0; again < 2 && (outcome.milliseconds > MILLISECONDS || outcome.megabytes > MEGABYTES); again++)
      outcome = await tryCase(fuzz);
    if (outcome.milliseconds > MILLISECONDS) throw fail(`took ${outcome.milliseconds.toFixed(0)} ms`);
    if (outcome.megabytes > MEGABYTES) throw fail(`took ${outcome.megabytes.toFixed(0)} MB`);
    if (outcome.code !== "opened" && !codes.has(outcome.code))
      throw fail(`the code "${outcome.code}" is not documented`);
    counts.set(outcome.code, (counts.get(outcome.code) ?? 0) + 1);
  }
  return counts;
}
