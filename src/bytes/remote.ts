import type { Location, Source } from "../host/contract.js";
import { type HttpOptions, HttpTarget } from "./http.js";
import { type FileIdentity, firstAnswer, piecesOfBody, readRange } from "./ranges.js";
import { drained, spooledSource } from "./spooled.js";

/** Most headers, or their greater part, come with the first answer. */
const FIRST = 1 << 16;
/** A request asks for no more than this at once, and reads ahead by no more. */
const CHUNK = 2 << 20;
const IN_FLIGHT = 4;
/** Bytes kept or on their way. */
const KEPT = 12 << 20;

/** A `https://` or `http://` URL, read by byte ranges where the server knows them. */
export function remoteLocation(url: string, options: HttpOptions): Location {
  const target = new HttpTarget(url, options);
  return {
    name: target.address,
    open: (signal) => remoteSource(target, signal ?? new AbortController().signal),
    sibling: (fileName) => {
      const next = new URL(encodeURIComponent(fileName), url);
      next.search = new URL(url).search;
      return remoteLocation(next.href, options);
    },
  };
}

async function remoteSource(target: HttpTarget, signal: AbortSignal): Promise<Source> {
  const first = await firstAnswer(target, FIRST, signal);
  if (first.bytes) return rangeSource(target, first.identity, first.bytes);
  const pieces = piecesOfBody(target, first.body ?? new ReadableStream({ start: (controller) => controller.close() }));
  const { byteLength } = first.identity;
  return Number.isNaN(byteLength)
    ? drained(pieces, target.name, signal)
    : spooledSource(pieces, target.name, byteLength);
}

/** Padding between tensors is read over; more is left out. */
const MAXIMUM_GAP = 4096;

/** A tensor that will be read. */
interface Expected {
  start: number;
  end: number;
  begun: boolean;
}

/** The first of them that begins after `position`. */
function after(expected: readonly Expected[], position: number): number {
  let low = 0;
  let high = expected.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (expected[middle].start <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bytes that came or are on their way. */
interface Segment {
  start: number;
  end: number;
  bytes: Promise<Uint8Array>;
}

/**
 * Ranges of a remote file as a source. A read becomes requests of at most CHUNK bytes, several at a time; while it is
 * served, the bytes up to `until` are fetched ahead. Small tensors that are expected one after another come in one
 * request.
 */
function rangeSource(target: HttpTarget, identity: FileIdentity, head: Uint8Array): Source {
  const closing = new AbortController();
  let segments: Segment[] = [{ start: 0, end: head.length, bytes: Promise.resolve(head) }];
  let expected: Expected[] = [];
  let active = 0;
  const waiting: (() => void)[] = [];

  async function request(start: number, end: number): Promise<Uint8Array> {
    if (active < IN_FLIGHT) active++;
    else await new Promise<void>((resume) => waiting.push(resume));
    try {
      return await readRange(target, identity, start, end, closing.signal);
    } finally {
      // The place is handed on, or given back.
      const next = waiting.shift();
      if (next) next();
      else active--;
    }
  }

  function begin(start: number, end: number): Segment {
    const segment: Segment = { start, end, bytes: request(start, end) };
    segments.push(segment);
    // A failed segment is forgotten, so that the next read of it tries again.
    segment.bytes.catch(() => {
      segments = segments.filter((one) => one !== segment);
    });
    return segment;
  }

  /** The segment with byte `at`, now the youngest. */
  function find(at: number): Segment | undefined {
    const segment = segments.find(({ start, end }) => start <= at && at < end);
    if (segment) segments = [...segments.filter((one) => one !== segment), segment];
    return segment;
  }

  /** Segments that cover [start, end), those missing begun; the last may reach on to `limit`. */
  function cover(start: number, end: number, limit: number): Segment[] {
    const covering: Segment[] = [];
    for (let at = start; at < end; at = covering[covering.length - 1].end) {
      const next = Math.min(...segments.filter((one) => one.start > at).map((one) => one.start), Infinity);
      covering.push(find(at) ?? begin(at, Math.min(at + CHUNK, Math.max(end, limit), next)));
    }
    return covering;
  }

  /** Drops the oldest beyond what may be kept. */
  function trim(): void {
    let total = 0;
    segments = segments
      .reverse()
      .filter(({ start, end }) => (total += end - start) <= KEPT || total === end - start)
      .reverse();
  }

  /**
   * Where the last request of a read from `start` may end: with its tensor, at `until`, or with the last of the small
   * tensors right after it that are expected and have not been read yet.
   */
  function horizon(start: number, until: number): number {
    let next = after(expected, start);
    if (next > 0) expected[next - 1].begun = true;
    let limit = until;
    while (
      next < expected.length &&
      !expected[next].begun &&
      expected[next].start - limit <= MAXIMUM_GAP &&
      expected[next].end - start <= CHUNK
    )
      limit = Math.max(limit, expected[next++].end);
    return limit;
  }

  return {
    name: target.name,
    byteLength: identity.byteLength,
    async read(start, end, signal, until = end) {
      const parts: Uint8Array[] = [];
      // Not the whole at once: a range larger than what may be kept is read in steps.
      for (let at = start; at < end; ) {
        const stop = Math.min(end, at + KEPT / 2);
        const limit = horizon(at, Math.max(stop, until));
        const covering = cover(at, stop, limit);
        const last = covering[covering.length - 1].end;
        if (last < until) cover(last, Math.min(until, last + CHUNK), limit);
        trim();
        for (const segment of covering) {
          const bytes = await untilAborted(segment.bytes, signal);
          parts.push(
            bytes.subarray(Math.max(at, segment.start) - segment.start, Math.min(stop, segment.end) - segment.start),
          );
        }
        at = stop;
      }
      return parts.length === 1 ? parts[0] : joined(parts, end - start);
    },
    expect(ranges) {
      expected = ranges
        .map(({ start, end }) => ({ start, end, begun: false }))
        .sort((one, other) => one.start - other.start);
    },
    async close() {
      closing.abort(new Error("closed"));
      segments = [];
    },
  };
}

function joined(parts: Uint8Array[], length: number): Uint8Array {
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
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
