import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { printable } from "../base/printable.js";
import type { SweepRow } from "../compress/sweep.js";
import { refuseIrregular } from "../host/file-kind.js";
import { inWords, systemCode } from "../host/system-errors.js";

/** First line of a journal: what makes it one, and of which sweep. */
interface Head {
  weightscope: "sweep 1";
  sweep: string;
}

/** Names a sweep by all that its rows depend on. */
export function sweepKey(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/**
 * Rows that are done, a line of JSON each, so that a sweep that was interrupted goes on where it stopped. A line counts
 * once it is whole: what a killed process left half-written is done again.
 */
export class SweepJournal {
  private readonly rows = new Map<string, SweepRow>();
  private closed = false;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /**
   * Opens or begins a journal.
   * @throws Error where the file is something else, or the journal of another sweep; it is then left as it is.
   */
  static async open(path: string, key: string): Promise<SweepJournal> {
    const said = (error: unknown) =>
      new Error(`${printable(path)}: cannot be used as a journal: ${inWords(error)}`, { cause: error });
    const before = await refuseIrregular(path)
      .then(() => readFile(path, "utf8"))
      .catch((error: unknown) => {
        if (systemCode(error) === "ENOENT") return "";
        throw said(error);
      });
    const lines = before.split("\n").slice(0, -1);
    if (before !== "" && lines.length > 0) checkHead(lines[0], path, key);
    else if (before !== "") throw new Error(`${printable(path)}: no journal of a sweep`);
    const file = await open(path, "a").catch((error: unknown) => {
      throw said(error);
    });
    const journal = new SweepJournal(path, file);
    let whole = 0;
    for (const [i, line] of lines.entries()) {
      const entry = i === 0 ? {} : entryOf(line);
      if (entry === null) break;
      if (entry.step !== undefined && entry.row !== undefined) journal.rows.set(entry.step, entry.row);
      whole += Buffer.byteLength(line) + 1;
    }
    await journal.file.truncate(whole);
    const head: Head = { weightscope: "sweep 1", sweep: key };
    if (whole === 0) await journal.write(`${JSON.stringify(head)}\n`);
    return journal;
  }

  get(step: string): SweepRow | undefined {
    return this.rows.get(step);
  }

  /** Resolves when the row is on the disk. */
  async add(step: string, row: SweepRow): Promise<void> {
    await this.write(`${JSON.stringify({ step, row })}\n`);
    this.rows.set(step, row);
  }

  /** Leaves the journal for the next time. */
  async close(): Promise<void> {
    if (!this.closed) await this.file.close();
    this.closed = true;
  }

  /** All is done: the journal goes. */
  async finish(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  /** All of it: a single write may take less. */
  private async write(text: string): Promise<void> {
    try {
      await this.file.appendFile(text);
      await this.file.sync();
    } catch (error) {
      throw new Error(`${printable(this.path)}: ${inWords(error)}`, { cause: error });
    }
  }
}

function checkHead(line: string, path: string, key: string): void {
  let head: Partial<Head> | null = null;
  try {
    head = JSON.parse(line) as Partial<Head> | null;
  } catch {
    // Said below.
  }
  if (head?.weightscope !== "sweep 1") throw new Error(`${printable(path)}: no journal of a sweep`);
  if (head.sweep !== key) {
    throw new Error(`${printable(path)}: the journal of another sweep (another source, options or command)`);
  }
}

function entryOf(line: string): { step?: string; row?: SweepRow } | null {
  try {
    return JSON.parse(line) as { step?: string; row?: SweepRow };
  } catch {
    return null;
  }
}
