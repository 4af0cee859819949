import { rmSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import type { Source } from "../checkpoint/source.js";
import { fileSource } from "./node-file.js";

/**
 * A stream of unknown length written to a temporary file, so that it can be read in any order. The file is gone when the
 * source is closed, when reading the stream fails, and when the process exits first.
 */
export async function spool(stream: ReadableStream<Uint8Array>, name: string, signal?: AbortSignal): Promise<Source> {
  const folder = await mkdtemp(path.join(tmpdir(), "weightscope-"));
  const file = path.join(folder, "stream");
  const atExit = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", atExit);
  const remove = async () => {
    process.off("exit", atExit);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const handle = await open(file, "wx", 0o600);
    const reader = stream.getReader();
    const stop = () => void reader.cancel(signal?.reason).catch(() => undefined);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        signal?.throwIfAborted();
        for (let written = 0; written < next.value.length;) written += (await handle.write(next.value, written)).bytesWritten;
      }
      signal?.throwIfAborted();
    } finally {
      signal?.removeEventListener("abort", stop);
      await reader.cancel().catch(() => undefined);
      await handle.close();
    }
    const source = await fileSource(file, name);
    return { ...source, close: async () => { await source.close?.(); await remove(); } };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Standard input, spooled. */
export function spoolStandardInput(signal?: AbortSignal): Promise<Source> {
  return spool(Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>, "standard input", signal);
}
