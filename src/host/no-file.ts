import { CheckpointError } from "../base/errors.js";
import { addressShown, quoted } from "../base/printable.js";
import type { Answer, Directory, Location, RequestOptions, Scratch } from "./contract.js";

/** Hosts without a file system know URLs, Blobs and bytes only. */
export async function openPath(input: string | URL): Promise<Location | Directory> {
  throw new CheckpointError(
    "no-file-system",
    `${quoted(addressShown(String(input)))}: paths cannot be opened here; give a File, bytes, or a https:// URL`,
  );
}

/** Blobs, which a browser may keep on its disk. */
export async function createScratch(): Promise<Scratch> {
  let whole = new Blob([]);
  let waiting: BlobPart[] = [];
  let bytesWaiting = 0;
  const gather = (): Blob => {
    if (waiting.length > 0) whole = new Blob([whole, ...waiting]);
    waiting = [];
    bytesWaiting = 0;
    return whole;
  };
  return {
    async append(bytes) {
      waiting.push(bytes.slice());
      bytesWaiting += bytes.length;
      if (bytesWaiting > GATHERED) gather();
    },
    read: async (start, end) => new Uint8Array(await gather().slice(start, end).arrayBuffer()),
    async close() {
      whole = new Blob([]);
      waiting = [];
    },
  };
}

/** Bytes that wait for a Blob of their own. */
const GATHERED = 8 << 20;

/** There are no environment variables. */
export const environment = (_name: string): string | undefined => undefined;

/** The host's own client. */
export const request = (url: URL, options: RequestOptions): Promise<Answer> => fetch(url, options);

/** There are no files to append to. */
export async function openLog(path: string): Promise<never> {
  throw new CheckpointError("no-file-system", `${quoted(path)}: a journal is a file, and there are none here`);
}

/** There are no files. */
export const openLocal = (): null => null;
