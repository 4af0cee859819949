import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fileOutput } from "../../src/cli/output.js";
import { SweepJournal } from "../../src/cli/sweep-journal.js";
import type { SweepRow } from "../../src/compress/sweep.js";
import { openJournal } from "../../src/distribute/journal.js";
import { createScratch } from "../../src/host/node-spool.js";
import { folder, run } from "./run.js";

const failing = vi.hoisted(() => ({ call: "", atMost: Infinity }));

/** A disk that takes some bytes at a time, or whose `sync`, `close`, write or rename fails, as full ones do. */
vi.mock("node:fs/promises", async (original) => {
  const files = await original<typeof import("node:fs/promises")>();
  const broken = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
  return {
    ...files,
    rename: (from: string, to: string) => (failing.call === "rename" ? broken("EIO") : files.rename(from, to)),
    open: async (...args: Parameters<typeof files.open>) => {
      const handle = await files.open(...args);
      return new Proxy(handle, {
        get(target, name) {
          if (name === failing.call) {
            return async () => {
              if (name === "close") await target.close();
              return broken(name === "close" ? "EDQUOT" : "EIO");
            };
          }
          if (name === "write" && failing.atMost < Infinity) return someBytes(target);
          if (/^(append|write)File$/.test(String(name)) && failing.atMost < Infinity) return allBytes(target);
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
});

/** A `write` that takes less than it is given, as the system's may. */
const someBytes =
  (handle: FileHandle) =>
  (data: string | Uint8Array, ...rest: number[]): Promise<{ bytesWritten: number }> => {
    const bytes = Buffer.from(data as Uint8Array);
    const [offset, length, position] = typeof data === "string" ? [0, bytes.length, rest[0]] : rest;
    return handle.write(bytes, offset ?? 0, Math.min(failing.atMost, length ?? bytes.length), position ?? null);
  };

/** What Node's own `writeFile` and `appendFile` do with it: again and again, until all is taken. */
const allBytes = (handle: FileHandle) => async (data: string | Uint8Array) => {
  const bytes = Buffer.from(data as Uint8Array);
  for (let at = 0; at < bytes.length; ) at += (await someBytes(handle)(bytes.subarray(at))).bytesWritten;
};

const place = folder();

describe("a disk that fails", () => {
  beforeEach(() => {
    failing.call = "";
    failing.atMost = Infinity;
  });

  for (const call of ["sync", "close", "rename", "writeFile"]) {
    it(`at ${call} is a failure, and leaves what was there`, async () => {
      const target = path.join(place, `${call}.txt`);
      writeFileSync(target, "before");
      const output = await fileOutput(target, new AbortController().signal);
      failing.call = call;
      const work = async () => {
        await output.write("after");
        await output.commit();
      };
      await expect(work()).rejects.toThrow(
        `${target}: ${call === "close" ? "no space left" : "the device reports an error"}`,
      );
      failing.call = "";
      await output.discard().catch(() => undefined);
      expect(readFileSync(target, "utf8")).toBe("before");
      expect(readdirSync(place).filter((name) => name.startsWith(".weightscope"))).toEqual([]);
    });
  }

  it("or takes a few bytes at a time, has whole journals, streams and outputs in the end", async () => {
    failing.atMost = 7;
    const sweep = path.join(place, "sweep.journal");
    const row = { step: "1/4", value: 1.719 } as unknown as SweepRow;
    const rows = await SweepJournal.open(sweep, "key");
    await rows.add("1/4", row);
    await rows.close();
    const again = await SweepJournal.open(sweep, "key");
    expect(again.get("1/4")).toEqual(row);
    await again.close();
    const key = "0123456789abcdef".repeat(2);
    const journal = await openJournal(path.join(place, "journal"));
    await journal.add({ key, figures: { norm: 1 } });
    await journal.close();
    const read = await openJournal(path.join(place, "journal"), { write: false });
    expect([await read.get(key), read.damaged]).toEqual([{ norm: 1 }, 0]);
    await read.close();
    const scratch = await createScratch();
    await scratch.append(new TextEncoder().encode("a stream of some length"));
    expect(new TextDecoder().decode(await scratch.read(0, 23))).toBe("a stream of some length");
    await scratch.close();
    const output = await fileOutput(path.join(place, "whole.txt"), new AbortController().signal);
    await output.write("all of this text");
    await output.commit();
    expect(readFileSync(path.join(place, "whole.txt"), "utf8")).toBe("all of this text");
  });

  it("when its lock or its line is written, leaves no lock, and a line for people", async () => {
    const journal = path.join(place, "full.journal");
    failing.call = "writeFile";
    await expect(openJournal(journal)).rejects.toThrow(/full\.journal\.lock: the device reports an error$/);
    failing.call = "appendFile";
    await expect(openJournal(journal)).rejects.toThrow(/full\.journal: the device reports an error$/);
    await expect(SweepJournal.open(journal, "key")).rejects.toThrow(/full\.journal: the device reports an error$/);
    failing.call = "";
    // What was left of it, nothing, is a journal that begins.
    await (await SweepJournal.open(journal, "key")).finish();
    expect(readdirSync(place).filter((name) => name.startsWith("full.journal"))).toEqual([]);
  });

  it("as /dev/full is one line and status 1", async () => {
    if (!existsSync("/dev/full")) return;
    expect(await run(["scaling", "--only", "compression", "--output", "/dev/full"])).toEqual({
      status: 1,
      stdout: "",
      stderr: "weightscope: /dev/full: no space left\n",
    });
  });
});
