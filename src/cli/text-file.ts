import { constants, createReadStream, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { printable } from "../base/printable.js";

import { inWords } from "../host/system-errors.js";
import type { Utf8Check } from "../transitions/utf8.js";

import { UsageError } from "./command.js";

/** A text on the command line; `-` is standard input. */
export interface TextFile {
  readonly name: string;
  /** 0 where nobody knows. */
  readonly byteLength: number;
}

function failure(name: string, error: unknown): Error {
  return new Error(`${printable(name)}: ${inWords(error)}`, { cause: error });
}

/** Looks at all of them before any is read, so that a wrong name is said at once. */
export async function textFiles(names: readonly string[]): Promise<TextFile[]> {
  if (names.filter((name) => name === "-").length > 1) throw new UsageError("standard input can be read only once");
  return Promise.all(
    names.map(async (name) => {
      if (name === "-") {
        if (process.stdin.isTTY) throw new UsageError("standard input is a terminal: pipe a text into it");
        return { name, byteLength: 0 };
      }
      const status = await stat(name).catch((error) => {
        throw failure(name, error);
      });
      if (status.isDirectory()) throw new Error(`${printable(name)}: a directory, not a text`);
      if (!status.isFile() && !status.isFIFO()) throw new Error(`${printable(name)}: a device, not a text`);
      return { name, byteLength: status.isFile() ? status.size : 0 };
    }),
  );
}

/** Opening a pipe that nobody writes to yet would hold a thread where no signal reaches it: a socket waits outside. */
async function streamOf(name: string, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
  if (name === "-") return process.stdin;
  if (!(await stat(name)).isFIFO()) return createReadStream(name, { signal, highWaterMark: 1 << 20 });
  const { Socket } = await import("node:net");
  const file = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd: file, readable: true, writable: false, signal });
}

async function* bytesOf({ name }: TextFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  try {
    const stream = await streamOf(name, signal);
    for await (const chunk of stream) {
      signal.throwIfAborted();
      yield chunk as Uint8Array;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw failure(name, error);
  }
}

/** The bytes of a file, without a byte-order mark. */
export async function* bytesOfText(file: TextFile, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const mark = [0xef, 0xbb, 0xbf];
  let head: number[] | null = [];
  for await (let chunk of bytesOf(file, signal)) {
    while (head && chunk.length > 0) {
      const byte = chunk[0];
      if (byte === mark[head.length]) {
        head.push(byte);
        chunk = chunk.subarray(1);
        if (head.length === mark.length) head = null;
      } else {
        yield Uint8Array.from(head);
        head = null;
      }
    }
    if (chunk.length > 0) yield chunk;
  }
  if (head && head.length > 0) yield Uint8Array.from(head);
}

/** By a text's first bytes: UTF-8, or UTF-16 where its mark says so. What is packed is refused. */
function decoderFor(name: string, head: Uint8Array): TextDecoder {
  const [a, b, c] = head;
  if (a === 0x1f && b === 0x8b) throw new Error(`${printable(name)}: compressed with gzip: unpack it first`);
  if (a === 0x28 && b === 0xb5 && c === 0x2f)
    throw new Error(`${printable(name)}: compressed with zstd: unpack it first`);
  if (a === 0x50 && b === 0x4b && c < 8) throw new Error(`${printable(name)}: a zip archive, not a text`);
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le");
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be");
  // Letters of two bytes without a mark: every second one of the first is zero.
  if (head.length >= 4 && ((a === 0 && c === 0) || (b === 0 && head[3] === 0)))
    throw new Error(`${printable(name)}: UTF-16 without a byte-order mark: save it as UTF-8`);
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

/** The text of a file: UTF-8, a byte-order mark dropped, invalid bytes read as U+FFFD and counted by `check`. */
export async function* textOf(
  file: TextFile,
  check: Utf8Check,
  signal: AbortSignal,
  read: (bytes: number) => void = () => undefined,
): AsyncGenerator<string, void, void> {
  let decoder: TextDecoder | null = null;
  let head: Uint8Array = new Uint8Array(0);
  for await (const given of bytesOfText(file, signal)) {
    read(given.length);
    let chunk = given;
    if (!decoder) {
      chunk = head = Buffer.concat([head, given]);
      if (head.length < 4) continue;
      decoder = decoderFor(file.name, head);
    }
    if (decoder.encoding === "utf-8") check.push(chunk);
    yield decoder.decode(chunk, { stream: true });
  }
  if (!decoder) {
    decoder = decoderFor(file.name, head);
    check.push(head);
    yield decoder.decode(head, { stream: true });
  }
  check.end();
  yield decoder.decode();
}
