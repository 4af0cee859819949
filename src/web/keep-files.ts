import { bytes as written } from "../report/html/numbers.js";
import type { OutputFile } from "../types.js";
import type { MadeFile, Room } from "./messages.js";
import { FOLDER } from "./room.js";

/** Parts of a file in memory that become one Blob, which a browser may put on its disk. */
const GATHERED = 8 << 20;

/** What a worker may do with a file of the browser's disk. */
interface SyncAccess {
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}
type SyncHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> };

/** Takes a file's bytes in their order; nothing of it is left where it is discarded. */
interface Sink {
  write(piece: Uint8Array): void | Promise<void>;
  /** The file, where it does not lie where the visitor wants it already. */
  finish(): Promise<Blob | null>;
  discard(): Promise<void>;
}

async function onDisk(folder: string, name: string): Promise<Sink> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  const place = await root.getDirectoryHandle(folder, { create: true });
  const handle = (await place.getFileHandle(name, { create: true })) as SyncHandle;
  const access = await handle.createSyncAccessHandle();
  let at = 0;
  return {
    write(piece) {
      for (let done = 0; done < piece.length; ) {
        const taken = access.write(piece.subarray(done), { at });
        if (taken === 0) throw new DOMException("the disk took nothing more", "QuotaExceededError");
        done += taken;
        at += taken;
      }
    },
    async finish() {
      access.flush();
      access.close();
      return handle.getFile();
    },
    async discard() {
      access.close();
      await root.removeEntry(folder, { recursive: true });
    },
  };
}

async function chosen(file: FileSystemFileHandle): Promise<Sink> {
  // The browser writes beside the file, and moves it there when it is closed.
  const stream = await file.createWritable();
  return {
    write: (piece) => stream.write(piece as Uint8Array<ArrayBuffer>),
    async finish() {
      await stream.close();
      return null;
    },
    discard: () => stream.abort(),
  };
}

function inMemory(): Sink {
  let whole = new Blob([]);
  let waiting: BlobPart[] = [];
  let bytes = 0;
  const gather = (): Blob => {
    whole = new Blob([whole, ...waiting]);
    waiting = [];
    bytes = 0;
    return whole;
  };
  return {
    write(piece) {
      waiting.push(piece.slice());
      bytes += piece.length;
      if (bytes > GATHERED) gather();
    },
    finish: async () => gather(),
    async discard() {
      waiting = [];
      whole = new Blob([]);
    },
  };
}

/** Writes files into a room, a piece at a time; where one fails, none is left. */
export async function keepFiles(
  files: AsyncIterable<OutputFile>,
  room: Room,
  signal: AbortSignal,
): Promise<MadeFile[]> {
  const made: MadeFile[] = [];
  for await (const { name, bytes } of files) {
    const sink = await (room.kind === "disk"
      ? onDisk(room.folder, `${made.length}`)
      : room.kind === "chosen"
        ? chosen(room.file)
        : inMemory());
    let byteLength = 0;
    try {
      const reader = bytes.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        signal.throwIfAborted();
        await sink.write(value);
        byteLength += value.length;
      }
      made.push({ name, byteLength, file: await sink.finish() });
    } catch (error) {
      await sink.discard().catch(() => {});
      if ((error as Error)?.name !== "QuotaExceededError") throw error;
      throw new RangeError(
        `${name}: the browser's room for files ended after ${written(byteLength)}; free some, or use the command line`,
        { cause: error },
      );
    }
  }
  return made;
}
