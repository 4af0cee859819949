import { onAbort } from "../base/aborts.js";
import { CheckpointError } from "../base/errors.js";
import type { Answer, AnswerBody } from "../host/contract.js";
import { contentRange } from "./content-range.js";
import type { HttpTarget } from "./http.js";
import { Pace, TransientError } from "./retry.js";
import type { ChunkReader } from "./spooled.js";

/** What every answer must agree on: else the file changed between two of them. */
export interface FileIdentity {
  byteLength: number;
  tag: string | null;
  modified: string | null;
}

/** What the first request to a URL brings: which file it is, and its bytes in one of two ways. */
export interface FirstAnswer {
  identity: FileIdentity;
  /** The bytes asked for, where the server knows ranges. */
  bytes: Uint8Array | null;
  /**
   * The whole file as a stream, where it does not. `byteLength` of the identity is NaN where it does not say that
   * either.
   */
  body: AnswerBody | null;
}

const rangeHeaders = (start: number, end: number) => ({
  range: `bytes=${start}-${end - 1}`,
  // A range of a compressed body is a range of something else.
  "accept-encoding": "identity",
});

/** Asks for the first `count` bytes, and so learns how long the file is and whether the server knows ranges. */
export async function firstAnswer(target: HttpTarget, count: number, signal: AbortSignal): Promise<FirstAnswer> {
  return target.retrying(async () => {
    const response = await target.attempt(signal, (watched) => target.request(rangeHeaders(0, count), watched));
    const tag = tagOf(response);
    const modified = response.headers.get("last-modified");
    const encoded = isEncoded(response);
    if (response.status === 416) {
      await response.body?.cancel().catch(() => undefined);
      // The first bytes are the one range an empty file has not.
      if (!/^bytes \*\/0$/.test(response.headers.get("content-range") ?? "bytes */0"))
        throw new CheckpointError(
          "http-range",
          `${target.address}: the server refuses a range of a file that is not empty`,
        );
      return { identity: { byteLength: 0, tag, modified }, bytes: new Uint8Array(0), body: null };
    }
    if (response.status === 200) {
      const length = encoded ? null : response.headers.get("content-length");
      return {
        identity: { byteLength: length === null ? NaN : Number(length), tag, modified },
        bytes: null,
        body: response.body,
      };
    }
    if (encoded)
      throw new CheckpointError(
        "http-range",
        `${target.address}: the server compresses ranges, which cannot be put together again`,
      );
    const range = contentRange(target, response);
    const byteLength = range?.total ?? (await lengthByHead(target, signal));
    if (range && range.start !== 0)
      throw new CheckpointError(
        "http-range",
        `${target.address}: bytes from ${range.start} came where bytes from 0 were asked for`,
      );
    const identity = { byteLength, tag, modified };
    const piece = new Piece(0, Math.min(count, byteLength));
    try {
      await receive(target, response, piece, signal);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
    }
    return {
      identity,
      bytes: piece.filled === piece.bytes.length ? piece.bytes : await fetchRange(target, identity, piece, signal),
      body: null,
    };
  }, signal);
}

/** A range while it arrives. */
class Piece {
  readonly bytes: Uint8Array;
  filled = 0;
  constructor(
    readonly start: number,
    readonly end: number,
  ) {
    this.bytes = new Uint8Array(end - start);
  }
}

/**
 * Bytes [start, end) of the file, however many connections that takes: each begins at the byte where the last one broke
 * off.
 */
export async function readRange(
  target: HttpTarget,
  identity: FileIdentity,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return fetchRange(target, identity, new Piece(start, end), signal);
}

async function fetchRange(
  target: HttpTarget,
  identity: FileIdentity,
  piece: Piece,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let before = piece.filled;
  const pace = new Pace(target.silence);
  const progressed = () => {
    pace.add(piece.filled - before);
    before = piece.filled;
    return pace.enough;
  };
  while (piece.filled < piece.bytes.length) {
    await target.retrying(
      async () => {
        const from = piece.start + piece.filled;
        const response = await target.attempt(signal, (watched) =>
          target.request(rangeHeaders(from, piece.end), watched),
        );
        checkAnswer(target, identity, response, from, piece.end);
        await receive(target, response, piece, signal);
      },
      signal,
      progressed,
    );
  }
  return piece.bytes;
}

function checkAnswer(target: HttpTarget, identity: FileIdentity, response: Answer, from: number, end: number): void {
  const changed = () =>
    new CheckpointError("changed", `${target.address}: the file changed on the server while it was read`);
  const tag = tagOf(response);
  const modified = response.headers.get("last-modified");
  if (tag !== null && identity.tag !== null && tag !== identity.tag) throw changed();
  if (tag === null && modified !== null && identity.modified !== null && modified !== identity.modified)
    throw changed();
  if (response.status === 416) throw changed();
  if (response.status === 200)
    throw new CheckpointError(
      "http-range",
      `${target.address}: the server sent the whole file where it had sent ranges before`,
    );
  if (isEncoded(response))
    throw new CheckpointError(
      "http-range",
      `${target.address}: the server compresses ranges, which cannot be put together again`,
    );
  const range = contentRange(target, response);
  // A browser may not be shown the header; then only the length of the body is checked.
  if (!range) return;
  if (range.total !== null && range.total !== identity.byteLength) throw changed();
  if (range.start !== from || range.end > end)
    throw new CheckpointError(
      "http-range",
      `${target.address}: bytes ${range.start} to ${range.end} came where ${from} to ${end} were asked for`,
    );
}

/** Some servers name no encoding with an empty header. */
const isEncoded = (response: Answer): boolean =>
  !["", "identity"].includes((response.headers.get("content-encoding") ?? "").trim().toLowerCase());

/** Weak or strong: a server may call the same file either from one answer to the next (RFC 9110, 8.8.3.2). */
const tagOf = (response: Answer): string | null => response.headers.get("etag")?.replace(/^W\//, "") ?? null;

async function lengthByHead(target: HttpTarget, signal: AbortSignal): Promise<number> {
  const response = await target.attempt(signal, (watched) =>
    target.request({ "accept-encoding": "identity" }, watched, "HEAD"),
  );
  const length = response.headers.get("content-length");
  if (response.status !== 200 || length === null || !/^\d{1,15}$/.test(length))
    throw new CheckpointError("http-range", `${target.address}: the server does not say how long the file is`);
  return Number(length);
}

/** Moves a body into its piece. A body that ends early, breaks or falls silent leaves the piece with what came. */
async function receive(target: HttpTarget, response: Answer, piece: Piece, signal: AbortSignal): Promise<void> {
  const pace = new Pace(target.silence);
  const reader = response.body?.getReader();
  const before = piece.filled;
  if (!reader) throw new TransientError("an answer without a body");
  const stop = () => void reader.cancel(signal.reason).catch(() => undefined);
  const forget = onAbort(signal, stop);
  try {
    for (let next = await target.next(reader); !next.done; next = await target.next(reader)) {
      if (piece.filled + next.value.length > piece.bytes.length)
        throw new CheckpointError("http-range", `${target.address}: more bytes came than were asked for`);
      piece.bytes.set(next.value, piece.filled);
      piece.filled += next.value.length;
      pace.took(next.value.length);
    }
  } finally {
    forget();
    stop();
  }
  signal.throwIfAborted();
  // A server may send less than it was asked for, if it says so: the rest is asked for at once.
  const said = contentRange(target, response);
  const wanted = said ? Math.min(piece.bytes.length, said.end - piece.start) : piece.bytes.length;
  if (piece.filled < wanted || piece.filled === before) throw new TransientError("the connection ended early");
}

/** The body of a server without ranges. It cannot be taken up again where it breaks. */
export function piecesOfBody(target: HttpTarget, body: AnswerBody): ChunkReader {
  const reader = body.getReader();
  const pace = new Pace(target.silence);
  let position = 0;
  return {
    async next() {
      try {
        const { value } = await target.next(reader);
        position += value?.length ?? 0;
        if (value) pace.took(value.length);
        return value ?? null;
      } catch (error) {
        throw new CheckpointError(
          "http-failed",
          `${target.address}: the connection broke at byte ${position}, and cannot be resumed there: the server ` +
            "ignores byte ranges",
          { cause: error },
        );
      }
    },
    cancel: () => reader.cancel().catch(() => undefined),
  };
}
