import { describe, expect, it } from "vitest";
import type { OutputFile } from "../../src/types.js";
import { keepFiles } from "../../src/web/keep-files.js";
import { roomFor, type Surroundings } from "../../src/web/room.js";

const storage = (quota: number): Surroundings["storage"] => ({
  estimate: async () => ({ quota, usage: 10 }),
  getDirectory: async () => ({}) as FileSystemDirectoryHandle,
});
const handle = { name: "chosen" } as FileSystemFileHandle;
const picker = async (): Promise<FileSystemFileHandle> => handle;
const asked = { bytes: 5e8, name: "m.safetensors", single: true };

describe("room for what the page makes", () => {
  it("is the browser's disk, a file that is chosen, or memory, in this order", async () => {
    expect((await roomFor(asked, { storage: storage(1e9), showSaveFilePicker: picker })).kind).toBe("disk");
    expect(await roomFor(asked, { storage: storage(5e8), showSaveFilePicker: picker })).toEqual({
      kind: "chosen",
      file: handle,
    });
    expect((await roomFor({ ...asked, single: false }, { showSaveFilePicker: picker })).kind).toBe("memory");
    expect((await roomFor({ ...asked, bytes: 1e8 }, { showSaveFilePicker: picker })).kind).toBe("memory");
    expect((await roomFor(asked, {})).kind).toBe("memory");
  });

  it("is no disk where a browser refuses it", async () => {
    const refused = { ...storage(1e9)!, getDirectory: () => Promise.reject(new DOMException("no", "SecurityError")) };
    expect((await roomFor(asked, { storage: refused })).kind).toBe("memory");
  });

  it("ends with a line where so much has no room", async () => {
    await expect(roomFor({ ...asked, bytes: 5e9 }, { storage: storage(3e9) })).rejects.toThrow(
      /^m\.safetensors: up to 5\u{a0}GB are too large for this browser, which has room for 3\u{a0}GB; the command/u,
    );
  });
});

describe("files that are kept", () => {
  const pieces = [Uint8Array.of(1, 2, 3), Uint8Array.of(4), new Uint8Array(0), Uint8Array.of(5, 6)];
  async function* files(fails = false): AsyncGenerator<OutputFile> {
    const bytes = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        if (fails) controller.error(new Error("cut short"));
        else controller.close();
      },
    });
    yield { name: "a", bytes };
  }
  const written = (): { file: FileSystemFileHandle; log: unknown[] } => {
    const log: unknown[] = [];
    const stream = {
      write: async (piece: Uint8Array) => void log.push(...piece),
      close: async () => void log.push("closed"),
      abort: async () => void log.push("aborted"),
    };
    return { log, file: { createWritable: async () => stream } as unknown as FileSystemFileHandle };
  };
  const { signal } = new AbortController();

  it("hold the bytes in their order, in memory or where the visitor chose", async () => {
    const [made] = await keepFiles(files(), { kind: "memory" }, signal);
    expect([...new Uint8Array(await made.file!.arrayBuffer())]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(made.byteLength).toBe(6);
    const { file, log } = written();
    expect(await keepFiles(files(), { kind: "chosen", file }, signal)).toEqual([
      { name: "a", byteLength: 6, file: null },
    ]);
    expect(log).toEqual([1, 2, 3, 4, 5, 6, "closed"]);
  });

  it("are not there where their making fails or is ended", async () => {
    const { file, log } = written();
    await expect(keepFiles(files(true), { kind: "chosen", file }, signal)).rejects.toThrow("cut short");
    expect(log.at(-1)).toBe("aborted");
    const ended = written();
    await expect(keepFiles(files(), { kind: "chosen", file: ended.file }, AbortSignal.abort())).rejects.toThrow();
    expect(ended.log).toEqual(["aborted"]);
  });
});
