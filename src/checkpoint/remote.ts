import { CheckpointError } from "../errors.js";
import { printable } from "../text.js";
import type { Location } from "./location.js";
import type { OpenOptions } from "./open.js";
import type { Source } from "./source.js";

/** A `https://` or `http://` URL, read by byte ranges. */
export function remoteLocation(url: string, options: OpenOptions): Location {
  return {
    name: url,
    open: (signal) => remoteSource(new URL(url), options, signal),
    sibling: (fileName) => remoteLocation(new URL(encodeURIComponent(fileName), url).href, options),
  };
}

async function remoteSource(url: URL, options: OpenOptions, signal?: AbortSignal): Promise<Source> {
  const name = printable(decodeURIComponent(url.pathname.split("/").pop() || url.hostname));
  const headers = { ...options.headers, ...(options.token ? { authorization: `Bearer ${options.token}` } : {}) };
  const request = async (start: number, end: number, abort?: AbortSignal) => {
    const response = await (options.fetch ?? fetch)(url, { headers: { ...headers, range: `bytes=${start}-${end - 1}` }, signal: abort ?? null });
    if (response.status !== 206) throw new CheckpointError("http-status", `${name}: the server answered ${response.status} to a request for bytes ${start} to ${end}`);
    return response;
  };
  const first = await request(0, 1, signal);
  await first.arrayBuffer();
  const total = /\/(\d+)$/.exec(first.headers.get("content-range") ?? "")?.[1];
  if (total === undefined) throw new CheckpointError("http-range", `${name}: the server does not say how long the file is`);
  return {
    name,
    byteLength: Number(total),
    read: async (start, end, abort) => new Uint8Array(await (await request(start, end, abort)).arrayBuffer()),
  };
}
