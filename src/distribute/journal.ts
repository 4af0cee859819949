import { openLog } from "#host";
import { inShort, optionsOf } from "../base/arguments.js";
import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import type { Log } from "../host/contract.js";
import type { Journal } from "../types.js";

/** What stands in a journal's first line. */
export interface JournalHeader {
  weightscope: "journal";
  schemaVersion: 1;
}

const FIRST_LINE: JournalHeader = { weightscope: "journal", schemaVersion: 1 };
/** Between writes to the disk that are waited for. */
const SYNC_EVERY_MS = 1000;
const SCAN_BYTES = 1 << 20;
const LINE_BREAK = 10;
/** Longer than any figures; a line beyond it is no journal's. */
const LONGEST_LINE = 256 << 20;

/** Where a line lies in the file. */
interface Place {
  start: number;
  end: number;
}

/** A journal in a file: what is finished, by the keys of its tasks. */
export interface FileJournal extends Journal {
  /** Finished tasks. */
  readonly size: number;
  /** Lines that hold no finished task: torn off as the process was killed, or somebody else's. They are passed over. */
  readonly damaged: number;
  /** Of the finished tasks. */
  keys(): Iterable<string>;
  /** What was said of it by `describe`, the last time. */
  readonly description: Readonly<Record<string, unknown>> | null;
  /** Says what it holds the figures of, so that who reads it can ask for the same. */
  describe(description: Readonly<Record<string, unknown>>): Promise<void>;
}

/**
 * Opens or makes a journal: lines of JSON, appended to as tasks finish. `write: false` reads one that may still be
 * written.
 * @throws CheckpointError "locked" where another process writes to it, "not-a-journal" where the file is something
 * else.
 */
export async function openJournal(path: string, options: { write?: boolean | undefined } = {}): Promise<FileJournal> {
  if (typeof path !== "string") throw new TypeError(`path must be a string, not ${inShort(path)}`);
  const { write = true } = optionsOf(options, "options", { write: 1 });
  const log = await openLog(path, { write });
  try {
    return await LoggedJournal.open(log, path, write);
  } catch (error) {
    await log.close();
    throw error;
  }
}

class LoggedJournal implements FileJournal {
  damaged = 0;
  description: Readonly<Record<string, unknown>> | null = null;
  private lines = 0;
  private readonly places = new Map<string, Place>();
  private length: number;
  private synced = performance.now();
  private turn: Promise<void> = Promise.resolve();

  private constructor(
    private readonly log: Log,
    private readonly path: string,
    private readonly write: boolean,
  ) {
    this.length = log.byteLength;
  }

  static async open(log: Log, path: string, write: boolean): Promise<LoggedJournal> {
    const journal = new LoggedJournal(log, path, write);
    const torn = await journal.scan();
    if (!write) return journal;
    // The first line may be torn too.
    if (journal.lines === 0) await journal.append(`${JSON.stringify(FIRST_LINE).slice(torn)}\n`);
    else if (torn > 0) await journal.append("\n");
    return journal;
  }

  get size(): number {
    return this.places.size;
  }

  keys(): Iterable<string> {
    return this.places.keys();
  }

  has(key: string): boolean {
    return this.places.has(key);
  }

  async get(key: string): Promise<unknown> {
    const place = this.places.get(key);
    if (!place) return null;
    return entryOf(await this.log.read(place.start, place.end))?.figures ?? null;
  }

  add({ key, figures }: { key: string; figures: unknown }): Promise<void> {
    if (!this.write) throw new TypeError(`${printable(this.path)}: the journal was opened to be read`);
    this.turn = this.turn.then(async () => {
      const start = this.length;
      await this.append(`${JSON.stringify({ key, figures })}\n`);
      this.places.set(key, { start, end: this.length - 1 });
      if (performance.now() - this.synced < SYNC_EVERY_MS) return;
      await this.log.sync();
      this.synced = performance.now();
    });
    return this.turn;
  }

  async describe(description: Readonly<Record<string, unknown>>): Promise<void> {
    if (JSON.stringify(description) === JSON.stringify(this.description)) return;
    this.turn = this.turn.then(() => this.append(`${JSON.stringify({ description })}\n`));
    await this.turn;
    this.description = description;
  }

  async close(): Promise<void> {
    await this.turn.catch(() => undefined);
    try {
      if (this.write) await this.log.sync();
    } finally {
      await this.log.close();
    }
  }

  private async append(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    await this.log.append(bytes);
    this.length += bytes.length;
  }

  /** Finds every whole line; the bytes of a last one that is torn. */
  private async scan(): Promise<number> {
    let rest = new Uint8Array(0);
    for (let at = 0; at < this.length; at += SCAN_BYTES) {
      const read = await this.log.read(at, Math.min(this.length, at + SCAN_BYTES));
      const bytes = new Uint8Array(rest.length + read.length);
      bytes.set(rest);
      bytes.set(read, rest.length);
      const first = at - rest.length;
      let start = 0;
      for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, start)) {
        this.note(bytes.subarray(start, end), first + start);
        start = end + 1;
      }
      rest = bytes.slice(start);
      if (rest.length > LONGEST_LINE) throw this.foreign();
    }
    if (this.lines === 0 && !JSON.stringify(FIRST_LINE).startsWith(new TextDecoder().decode(rest)))
      throw this.foreign();
    // A last line may lack its break alone.
    if (this.lines > 0 && rest.length > 0) this.note(rest, this.length - rest.length);
    return rest.length;
  }

  private note(line: Uint8Array, start: number): void {
    if (this.lines++ === 0) {
      const header = parsed(line) as Partial<JournalHeader> | null;
      if (header?.weightscope !== "journal" || header.schemaVersion !== 1) throw this.foreign();
      return;
    }
    if (line.length === 0) return;
    const entry = entryOf(line);
    const said = entry ? null : (parsed(line) as { description?: unknown } | null)?.description;
    if (typeof said === "object" && said !== null) this.description = said as Record<string, unknown>;
    else if (!entry) this.damaged++;
    else if (!this.places.has(entry.key)) this.places.set(entry.key, { start, end: start + line.length });
  }

  private foreign(): CheckpointError {
    return new CheckpointError(
      "not-a-journal",
      `${printable(this.path)}: not a journal of weightscope (schema version 1)`,
    );
  }
}

/** Several journals as one to read: the first that has a key gives its figures. */
export function joinedJournal(journals: readonly Journal[]): Journal {
  return {
    has: (key) => journals.some((one) => one.has(key)),
    get: async (key) => (await journals.find((one) => one.has(key))?.get(key)) ?? null,
    add: async () => undefined,
    close: async () => void (await Promise.all(journals.map((one) => one.close()))),
  };
}

function parsed(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
  } catch {
    return null;
  }
}

function entryOf(line: Uint8Array): { key: string; figures: unknown } | null {
  const entry = parsed(line) as { key?: unknown; figures?: unknown } | null;
  if (typeof entry !== "object" || entry === null || typeof entry.key !== "string" || !/^[0-9a-f]{32}$/.test(entry.key))
    return null;
  return typeof entry.figures === "object" && entry.figures !== null
    ? { key: entry.key, figures: entry.figures }
    : null;
}
