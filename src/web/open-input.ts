import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";
import { blobSource } from "../bytes/source.js";
import type { RawCheckpoint } from "../checkpoint/checkpoint.js";
import { openDirectory, openRaw } from "../checkpoint/open.js";
import type { Location } from "../host/contract.js";
import type { ByteSource } from "../types.js";
import { Gate } from "./gate.js";
import type { Input } from "./messages.js";
import { reaching } from "./reach.js";

/** Bytes of a file that is held in memory. */
const SMALL_FILE = 32 << 20;

/**
 * What a person chose, opened; `online` as the page knows it, `once` where each byte of an address is to come once;
 * nothing is asked for while `gate` is closed.
 */
export async function openInput(
  input: Input,
  {
    online,
    signal,
    once = false,
    gate = new Gate(),
  }: { online: boolean; signal: AbortSignal; once?: boolean; gate?: Gate },
): Promise<RawCheckpoint> {
  if ("url" in input) {
    const around = {
      fetch: (...given: Parameters<typeof fetch>) => fetch(...given),
      online,
      protocol: location.protocol,
    };
    return openRaw(input.url, { signal, once, hold: () => gate.pass(), fetch: gate.fetching(reaching(around)) });
  }
  return input.files.length === 1
    ? openRaw(await quickSource(input.files[0]), { signal })
    : openDirectory(directoryOf(input.files), { signal });
}

/** A small file is read whole: many small reads of a Blob are slow, above all in Chromium. */
async function quickSource(file: File): Promise<File | ByteSource> {
  if (file.size > SMALL_FILE) return file;
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { name: file.name, byteLength: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

/** Files dropped together, as if they lay in a directory. */
function directoryOf(files: readonly File[]): { name: string; fileNames: string[]; file(fileName: string): Location } {
  const file = (fileName: string): Location => ({
    name: fileName,
    async open() {
      const found = files.find((one) => one.name === fileName);
      if (!found)
        throw new CheckpointError(
          "not-found",
          `${printable(fileName)}: this file was not among those given; drop all files of the checkpoint together`,
        );
      return blobSource(found);
    },
    sibling: file,
  });
  return { name: "the files given", fileNames: files.map((one) => one.name), file };
}
