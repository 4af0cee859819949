import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fileOutput } from "../../src/cli/output.js";
import { folder, run } from "./run.js";

const failing = vi.hoisted(() => ({ call: "" }));

/** A disk whose `sync`, `close`, write or rename fails, as full and broken ones do. */
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
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
});

const place = folder();

describe("a disk that fails", () => {
  beforeEach(() => {
    failing.call = "";
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

  it("as /dev/full is one line and status 1", async () => {
    if (!existsSync("/dev/full")) return;
    expect(await run(["scaling", "--only", "compression", "--output", "/dev/full"])).toEqual({
      status: 1,
      stdout: "",
      stderr: "weightscope: /dev/full: no space left\n",
    });
  });
});
