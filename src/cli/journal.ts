import { printable } from "../base/printable.js";
import { describeOptions } from "../distribute/description.js";
import { type FileJournal, openJournal } from "../distribute/journal.js";
import type { AnalyzeOptions, Journal } from "../types.js";
import { UsageError } from "./command.js";

/** "3/16": the third of sixteen parts. */
export function part(value: string, name: string): { index: number; count: number } {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(value);
  const [index, count] = match ? [Number(match[1]), Number(match[2])] : [0, 0];
  if (index < 1 || index > count)
    throw new UsageError(`${name} takes K/N, the Kth of N parts, such as 3/16; not "${printable(value, 40)}"`);
  return { index, count };
}

/** Says what a journal passes over. */
export function noteDamaged({ damaged }: FileJournal, path: string, note: (text: string) => void): void {
  if (damaged === 0) return;
  const lines = damaged === 1 ? "1 line holds" : `${damaged} lines hold`;
  note(`${printable(path)}: ${lines} no finished matrix (torn off by a kill, or not ours): done again`);
}

/** Runs `work` with the journal at `path`, if one is asked for. */
export async function withJournal<T>(
  path: string | undefined,
  asked: AnalyzeOptions,
  note: (text: string) => void,
  work: (journal: Journal | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined) return work(undefined);
  const journal = await openJournal(path);
  try {
    noteDamaged(journal, path, note);
    await journal.describe(describeOptions(asked));
    return await work(journal);
  } finally {
    await journal.close();
  }
}
