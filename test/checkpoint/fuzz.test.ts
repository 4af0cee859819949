import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/index.js";
import { documentedCodes } from "./codes.js";
import { gguf, safetensorsOf } from "./files.js";
import { tryCases } from "./fuzz-check.js";

const codes = documentedCodes();

describe("broken files", () => {
  it("open or give a documented code, each in 50 ms and 64 MB: ten thousand cases", async () => {
    const counts = await tryCases(0, 10_000, codes);
    // The cases reach both ends: enough open, and many different refusals come up.
    expect(counts.get("opened")).toBeGreaterThan(500);
    expect(counts.size).toBeGreaterThan(20);
  });

  it("of a terabyte cost no more than their headers may", async () => {
    const huge = 2 ** 40;
    const source = (head: Uint8Array, name: string) => {
      let read = 0;
      return {
        name,
        byteLength: huge,
        get taken() {
          return read;
        },
        async read(start: number, end: number) {
          read += end - start;
          if (end - start > 100_000_008) throw new Error(`${end - start} bytes were read at once`);
          const bytes = new Uint8Array(end - start);
          if (start < head.length) bytes.set(head.subarray(start, Math.min(end, head.length)));
          return bytes;
        },
      };
    };
    const lengths = (at: number, value: bigint) => {
      const bytes = gguf([["k", 8, "value"]], []);
      new DataView(bytes.buffer).setBigUint64(at, value, true);
      return bytes;
    };
    // A string of half a terabyte, as many metadata and as many tensors as would fit.
    for (const [head, name, code] of [
      [lengths(24, 1n << 39n), "a.gguf", "header-too-large"],
      [lengths(37, 1n << 39n), "b.gguf", "header-too-large"],
      [lengths(8, 1n << 34n), "c.gguf", "header-too-large"],
      [lengths(16, 1n << 34n), "d.gguf", "header-too-large"],
      [safetensorsOf("{").fill(255, 0, 8), "e.safetensors", "header-too-large"],
    ] as const) {
      const one = source(head, name);
      await expect(openCheckpoint(one)).rejects.toMatchObject({ name: "CheckpointError", code });
      expect(one.taken).toBeLessThan(200_000_000);
    }
  });
});

describe("error codes", () => {
  it("are documented, all of them and no others", () => {
    const used = new Set<string>();
    for (const folder of ["analyze", "bytes", "checkpoint", "compare", "compress", "distribute", "host"]) {
      const url = new URL(`../../src/${folder}/`, import.meta.url);
      for (const name of readdirSync(url, { recursive: true, encoding: "utf8" }).filter((file) =>
        file.endsWith(".ts"),
      )) {
        const text = readFileSync(new URL(name, url), "utf8");
        const calls = /(?:malformed\(|CheckpointError\((?:[^",()]* \?\? )?|GgufError\(|fail\()\s*"([a-z][a-z-]+)",/g;
        const pairs = folder === "host" ? /(?:: |\?\? )\["([a-z][a-z-]+)", /g : null;
        for (const match of [...text.matchAll(calls), ...(pairs ? text.matchAll(pairs) : [])]) used.add(match[1]);
      }
    }
    expect([...used].sort()).toEqual([...codes].sort());
  });
});
