import type { Location, Source } from "../host/contract.js";
import { type HttpOptions, HttpTarget } from "./http.js";
import { type FileIdentity, firstAnswer, piecesOfBody, readRange } from "./ranges.js";
import { ReadAhead } from "./read-ahead.js";
import { drained, type Examine, spooledSource } from "./spooled.js";

/** Most headers, or their greater part, come with the first answer. */
const FIRST = 1 << 16;

/** How a remote file is asked for, and who looks at its beginning where its length is not known. */
export interface RemoteOptions extends HttpOptions {
  examine?: Examine | undefined;
}

/** A `https://` or `http://` URL, read by byte ranges where the server knows them. */
export function remoteLocation(url: string, options: RemoteOptions): Location {
  const target = new HttpTarget(url, options);
  return {
    name: target.address,
    open: (signal) => remoteSource(target, signal ?? new AbortController().signal, options),
    sibling: (fileName) => {
      const next = new URL(fileName.split("/").map(encodeURIComponent).join("/"), url);
      next.search = new URL(url).search;
      return remoteLocation(next.href, options);
    },
  };
}

async function remoteSource(
  target: HttpTarget,
  signal: AbortSignal,
  { maxSpool: limit, examine }: RemoteOptions,
): Promise<Source> {
  const first = await firstAnswer(target, FIRST, signal);
  if (first.bytes) return rangeSource(target, first.identity, first.bytes);
  const pieces = piecesOfBody(target, first.body ?? new ReadableStream({ start: (controller) => controller.close() }));
  const { byteLength } = first.identity;
  return Number.isNaN(byteLength)
    ? drained(pieces, target.name, { signal, limit, examine: /\.json$/i.test(target.name) ? undefined : examine })
    : spooledSource(pieces, target.name, byteLength, limit);
}

/** Ranges of a remote file as a source. */
function rangeSource(target: HttpTarget, identity: FileIdentity, head: Uint8Array): Source {
  // A signal for each request: many listeners on one would be reported as a leak.
  const open = new Set<AbortController>();
  const ahead = new ReadAhead(async (start, end) => {
    const request = new AbortController();
    open.add(request);
    try {
      return await readRange(target, identity, start, end, request.signal);
    } finally {
      open.delete(request);
    }
  }, head);
  return {
    name: target.name,
    byteLength: identity.byteLength,
    tag: identity.tag ?? identity.modified,
    read: (start, end, signal, until = end) => ahead.read({ start, end }, until, signal),
    expect: (ranges, budget) => ahead.expect(ranges, budget),
    async close() {
      ahead.close();
      for (const request of open) request.abort(new Error("closed"));
    },
  };
}
