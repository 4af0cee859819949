/**
 * One matrix by its rows over several workers: large enough for several chunks, since workers run the script as it is
 * built.
 */
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnalyzeOptions, analyze, type ByteSource, openCheckpoint } from "../../src/index.js";
import { type BuiltTensor, safetensors } from "../checkpoint/files.js";

/** BF16 patterns near ±1 from a table, quick to make. */
function large(name: string, rows: number, columns: number): BuiltTensor {
  const bytes = new Uint16Array(rows * columns);
  let state = 12345;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = ((state >>> 16) & 0x8000) | (0x3f00 + ((state >>> 24) & 0xff));
  }
  return { name, dtype: "BF16", shape: [rows, columns], bytes };
}

/** By the power method, and by the exact one. */
const wide = large("wide", 14_000, 640);
const narrow = large("narrow", 9000 * 7, 128);

let folder = "";
let file = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "weightscope-shared-rows-"));
  file = path.join(folder, "model.safetensors");
  await writeFile(file, safetensors([wide, narrow]));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Messages of each type that workers sent while `work` ran. */
async function heard<T>(work: () => Promise<T>): Promise<{ result: T; messages: Record<string, number> }> {
  const messages: Record<string, number> = {};
  const seen = (worker: Worker): void =>
    void worker.on("message", ({ type }: { type: string }) => {
      messages[type] = (messages[type] ?? 0) + 1;
    });
  process.on("worker", seen);
  try {
    return { result: await work(), messages };
  } finally {
    process.off("worker", seen);
  }
}

describe("the rows of one matrix in several workers", () => {
  it.each([
    ["nulls", { permutations: 4 }],
    [
      "nulls and other participation",
      { permutations: 2, gaussians: [4, "d/16"], participation: { method: "power", tolerance: 1e-4 } },
    ],
    ["energy, a Gram matrix of many columns", { energy: 0.05, gaussians: [4] }],
  ] as [string, AnalyzeOptions][])("give the same bits as one thread: %s", async (_, options) => {
    const alone = JSON.stringify(await analyze(file, options));
    for (const [threads, memory, alongside] of [
      [2, 64 << 20, false],
      [3, 2 << 20, false],
      [2, 64 << 20, true],
      [3, 2 << 20, true],
    ] as const) {
      const { result, messages } = await heard(() => analyze(file, { ...options, threads, memory, alongside }));
      expect(JSON.stringify(result), `${threads} threads`).toBe(alone);
      expect(messages.part, "sums of chunks from helpers").toBeGreaterThan(0);
      expect(messages.read, "bytes asked for, though the file is at hand").toBeUndefined();
    }
  });

  it("give the same from bytes that only the pool can read, and from weights that need another scale", async () => {
    const one: BuiltTensor = { ...narrow, bytes: (narrow.bytes as Uint16Array).map((word) => word - (100 << 7)) };
    const bytes = safetensors([one]);
    const options: AnalyzeOptions = { gaussians: [4] };
    const { result, messages } = await heard(() => analyze(bytes, { ...options, threads: 2 }));
    expect(JSON.stringify(result)).toBe(JSON.stringify(await analyze(bytes, options)));
    expect(result.matrices[0].norms.maximum).toBeLessThan(1e-29);
    expect(messages.read).toBeGreaterThan(0);
    expect(messages.part).toBeGreaterThan(0);
  });

  it("report weights that are not finite in a helper's rows", async () => {
    const spoiled = (narrow.bytes as Uint16Array).slice();
    spoiled[spoiled.length - 3] = 0x7fc0;
    const bytes = safetensors([{ ...narrow, bytes: spoiled }]);
    const report = await analyze(bytes, { threads: 2 });
    expect(report.matrices[0]).toMatchObject({ participation: null, gaussian: [], norms: { nonFinite: 1 } });
    expect(JSON.stringify(report)).toBe(JSON.stringify(await analyze(bytes)));
  });

  it.each([false, true])(
    "reject with what a helper's reading failed with, the calling thread among them: %s",
    async (alongside) => {
      const bytes = safetensors([narrow]);
      const source: ByteSource = {
        name: "torn",
        byteLength: bytes.length,
        read: async (start, end) => {
          if (start > 0.8 * bytes.length) throw new Error("the disk is gone");
          return bytes.slice(start, end);
        },
      };
      await expect(analyze(source, { threads: 2, alongside })).rejects.toThrow("the disk is gone");
    },
  );

  it.each([false, true])("stop at an abort, the calling thread among them: %s", async (alongside) => {
    const stop = new AbortController();
    await expect(
      analyze(file, {
        threads: 2,
        alongside,
        permutations: 50,
        signal: stop.signal,
        onProgress: () => stop.abort(new Error("enough")),
      }),
    ).rejects.toThrow("enough");
  });

  it("say where a file ended that was longer when it was opened", async () => {
    const cut = path.join(folder, "cut.safetensors");
    await writeFile(cut, safetensors([narrow]));
    const checkpoint = await openCheckpoint(cut);
    await truncate(cut, 5_000_000);
    await expect(analyze(checkpoint, { threads: 2 })).rejects.toMatchObject({
      code: "truncated",
      message: expect.stringMatching(/cut\.safetensors.*ended at byte \d+/),
    });
    await checkpoint.close();
  });
});

describe("the calling thread as one of several", () => {
  const many = (): Uint8Array<ArrayBuffer> =>
    safetensors(Array.from({ length: 40 }, (_, i) => large(`layers.${i}.w`, 200 + 8 * i, 600)));

  it("gives the same bytes as one thread, with matrices for both, and leaves no worker behind", async () => {
    const bytes = many();
    const workers: Worker[] = [];
    const ended: Promise<unknown>[] = [];
    const started = (worker: Worker): void => {
      workers.push(worker);
      ended.push(new Promise((resolve) => worker.on("exit", resolve)));
    };
    process.on("worker", started);
    const { result, messages } = await heard(() => analyze(bytes, { threads: 2, alongside: true, permutations: 200 }));
    process.off("worker", started);
    expect(JSON.stringify(result)).toBe(JSON.stringify(await analyze(bytes, { permutations: 200 })));
    expect(workers).toHaveLength(1);
    expect(messages.done).toBeGreaterThan(0);
    expect(messages.done).toBeLessThan(40);
    await Promise.all(ended);
  });

  it("starts no worker for little work", async () => {
    const { messages } = await heard(() =>
      analyze(safetensors([large("a", 40, 40), large("b", 50, 40)]), { threads: 4, alongside: true }),
    );
    expect(messages).toEqual({});
  });

  it("passes on what a worker, or reading for it, failed with", async () => {
    const bytes = many();
    let reads = 0;
    const source: ByteSource = {
      name: "torn",
      byteLength: bytes.length,
      read: async (start, end) => {
        if (reads++ > 20) throw new Error("the disk is gone");
        return bytes.slice(start, end);
      },
    };
    await expect(analyze(source, { threads: 3, alongside: true, permutations: 200 })).rejects.toThrow(
      "the disk is gone",
    );
    await expect(
      analyze(bytes, {
        threads: 2,
        alongside: true,
        permutations: 200,
        workerUrl: "data:text/javascript,throw new Error('out of luck')",
      }),
    ).rejects.toThrow(/no worker starts from/);
  });
});
