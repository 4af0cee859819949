import type { Directory, Location } from "../checkpoint/location.js";
import { blobSource, type Source } from "../checkpoint/source.js";
import { CheckpointError } from "../errors.js";
import { quoted } from "../text.js";

/** Hosts without a file system know URLs, Blobs and bytes only. */
export async function openPath(input: string | URL): Promise<Location | Directory> {
  throw new CheckpointError("no-file-system", `${quoted(String(input))}: paths cannot be opened here; give a File, bytes, or a https:// URL`);
}

/** A stream as a Blob, which a browser may keep on its disk. */
export async function spool(stream: ReadableStream<Uint8Array>, name: string, signal?: AbortSignal): Promise<Source> {
  const blob = await new Response(signal ? stream.pipeThrough(new TransformStream(), { signal }) : stream).blob();
  return { ...blobSource(blob), name };
}

/** There are no environment variables. */
export const environment = (_name: string): string | undefined => undefined;
