import { onAbort } from "../base/aborts.js";
import type { Budget, ByteRange } from "../host/contract.js";
import { Unread } from "./unread.js";

/** A request grows up to this, shrinks down to that, as the server's answers come fast or slowly. */
const LARGEST_REQUEST = 8 << 20;
const SMALLEST_REQUEST = 512 << 10;
const FIRST_REQUEST = 1 << 20;
/** Answers sooner than this let requests grow, later than that let them shrink. */
const FAST_MS = 500;
const SLOW_MS = 4000;
const MOST_IN_FLIGHT = 16;
/** Bytes held where nobody said what will be read. */
const DEFAULT_BUDGET = 12 << 20;
/** Padding between ranges is read over; more is left out. */
const MAXIMUM_GAP = 4096;

/** Bytes that came or are on their way. */
interface Segment extends ByteRange {
  bytes: Promise<Uint8Array>;
}

/** Somebody who reads on from `position`. */
interface Reader {
  position: number;
  /** Where what is to be read without a break ends. */
  end: number;
}

/**
 * Reads of a file that answers slowly, fetched ahead so that each expected byte is fetched once. What came stays
 * until it is
 * read; `budget` bounds what is held or on its way beyond what readers wait for. Several readers may read at different
 * places: all are kept supplied, then the ranges that come next.
 */
export class ReadAhead {
  private segments: Segment[] = [];
  private unread = new Unread([]);
  private readonly readers: Reader[] = [];
  private budget: Budget = { bytes: DEFAULT_BUDGET, held: 0 };
  private held = 0;
  private size = FIRST_REQUEST;
  private inFlight = 0;
  private readonly waiting: (() => void)[] = [];

  /** `head` holds the first bytes. */
  constructor(
    private readonly fetchRange: (start: number, end: number) => Promise<Uint8Array>,
    head: Uint8Array,
  ) {
    this.keep({ start: 0, end: head.length, bytes: Promise.resolve(head) });
  }

  /** The ranges that will be read once each, in about that order, and the bytes that may be held for them. */
  expect(ranges: readonly ByteRange[], budget: Budget = { bytes: DEFAULT_BUDGET, held: 0 }): void {
    this.unread = new Unread(ranges);
    this.readers.length = 0;
    this.budget.held -= this.held;
    budget.held += this.held;
    this.budget = budget;
    this.trim();
  }

  /**
   * Bytes [start, end). `until` is where the caller will likely stop reading on, where nothing was said by `expect`.
   */
  async read({ start, end }: ByteRange, until: number, signal?: AbortSignal): Promise<Uint8Array> {
    const ahead = this.unread.empty ? Math.max(end, until) : Math.max(end, this.unread.runFrom(start));
    const parts: Promise<Uint8Array>[] = [];
    for (let at = start; at < end; ) {
      const segment = this.find(at) ?? this.request(at, Math.min(at + this.size, ahead, this.nextHeld(at)));
      const last = Math.min(end, segment.end);
      parts.push(take(segment, at, last, signal));
      at = last;
    }
    if (this.unread.empty && until > end && !this.find(end))
      this.request(end, Math.min(until, end + this.size, this.nextHeld(end)));
    this.moveReader(start, end);
    this.unread.remove({ start, end });
    this.fetchAhead();
    const pieces = await Promise.all(parts);
    this.dropRead(start, end);
    this.fetchAhead();
    return pieces.length === 1 ? pieces[0] : joined(pieces, end - start);
  }

  close(): void {
    this.unread = new Unread([]);
    for (const segment of [...this.segments]) this.drop(segment);
  }

  private moveReader(start: number, end: number): void {
    const run = this.unread.runFrom(start);
    const at = this.readers.findIndex(({ position }) => position === start);
    if (at >= 0) this.readers.splice(at, 1);
    if (run > end) this.readers.push({ position: end, end: run });
  }

  private find(at: number): Segment | undefined {
    return this.segments.find(({ start, end }) => start <= at && at < end);
  }

  /** Where the next held segment after `at` begins. */
  private nextHeld(at: number): number {
    let next = Infinity;
    for (const { start } of this.segments) if (start > at && start < next) next = start;
    return next;
  }

  /** Up to where [at, end) is held without a hole. */
  private coveredFrom(at: number, end: number): number {
    for (let segment = this.find(at); segment && at < end; segment = this.find(at)) at = segment.end;
    return Math.min(at, end);
  }

  private request(start: number, end: number): Segment {
    const segment: Segment = { start, end, bytes: this.timed(start, end) };
    this.keep(segment);
    // A failed segment is forgotten, so that the next read of it tries again.
    segment.bytes.catch(() => this.drop(segment));
    return segment;
  }

  /** A place among the requests in flight, then the bytes; how long they took says how large the next ones are. */
  private async timed(start: number, end: number): Promise<Uint8Array> {
    if (this.inFlight < MOST_IN_FLIGHT) this.inFlight++;
    else await new Promise<void>((resume) => this.waiting.push(resume));
    const began = performance.now();
    const { size } = this;
    try {
      const bytes = await this.fetchRange(start, end);
      if (end - start >= size / 2 && size === this.size) this.resize(performance.now() - began);
      return bytes;
    } finally {
      // The place is handed on, or given back.
      const resume = this.waiting.shift();
      if (resume) resume();
      else this.inFlight--;
    }
  }

  private resize(took: number): void {
    const most = Math.min(LARGEST_REQUEST, Math.max(SMALLEST_REQUEST, this.budget.bytes / 8));
    if (took < FAST_MS) this.size = Math.min(most, this.size * 2);
    else if (took > SLOW_MS) this.size = Math.max(SMALLEST_REQUEST, this.size / 2);
  }

  private keep(segment: Segment): void {
    this.segments.push(segment);
    this.held += segment.end - segment.start;
    this.budget.held += segment.end - segment.start;
  }

  private drop(segment: Segment): void {
    const at = this.segments.indexOf(segment);
    if (at < 0) return;
    this.segments.splice(at, 1);
    this.held -= segment.end - segment.start;
    this.budget.held -= segment.end - segment.start;
  }

  /** Drops what was just read, where nobody will read more of it. */
  private dropRead(start: number, end: number): void {
    if (this.unread.empty) return;
    for (const segment of [...this.segments]) {
      if (segment.start < end && segment.end > start && !this.unread.meets(segment)) this.drop(segment);
    }
  }

  /** Drops what nobody is known to want, the oldest first, while more is held than may be. */
  private trim(): void {
    for (const segment of [...this.segments]) {
      if (this.budget.held <= this.budget.bytes) return;
      if (!this.unread.meets(segment)) this.drop(segment);
    }
  }

  /** Begins requests for what readers will want next, as far as the budget goes. */
  private fetchAhead(): void {
    this.trim();
    while (this.budget.held < this.budget.bytes && this.inFlight < MOST_IN_FLIGHT) {
      const wanted = this.hungriest();
      if (!wanted) return;
      const limit = Math.min(wanted.start + this.size, this.nextHeld(wanted.start));
      // A request that ends with its range takes small ranges right behind it along.
      const end = wanted.end <= limit ? this.unread.extend(wanted.end, limit, MAXIMUM_GAP) : limit;
      this.request(wanted.start, end);
    }
  }

  /**
   * What the reader with the least ahead of it will want, or what will be begun next where all have two requests
   * ahead.
   */
  private hungriest(): ByteRange | null {
    let found: ByteRange | null = null;
    let least = Infinity;
    for (const { position, end } of this.readers) {
      const start = this.coveredFrom(position, end);
      if (start < end && start - position < least) {
        found = { start, end };
        least = start - position;
      }
    }
    if (found && least < 2 * this.size) return found;
    for (let range = this.unread.next(); range; range = this.unread.next()) {
      const start = this.coveredFrom(range.start, range.end);
      if (start < range.end && !this.readers.some(({ position }) => range.start <= position && position < range.end)) {
        return { start, end: range.end };
      }
      this.unread.skip();
    }
    return found;
  }
}

const take = async (
  segment: Segment,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> =>
  (await untilAborted(segment.bytes, signal)).subarray(start - segment.start, end - segment.start);

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The caller may stop waiting; the request goes on for others. */
function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    const forget = onAbort(signal, stop);
    work.then(resolve, reject).finally(forget);
  });
}
