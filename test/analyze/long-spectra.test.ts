import { describe, expect, it } from "vitest";
import { analyze } from "../../src/index.js";
import type { AnalyzeOptions, Progress } from "../../src/types.js";
import { safetensors } from "../checkpoint/files.js";
import { tensor } from "./models.js";

/** Most of its time goes into its singular values. */
const long = safetensors([tensor("model.layers.0.self_attn.q_proj.weight", [1024, 1024], 3)]);
const options: AnalyzeOptions = { gaussians: [8], spectrum: "all", participation: { method: "exact" } };

/** What is reported while a spectrum is found: more than the bytes read, less than all. */
const within = ({ done, total }: Progress): boolean => done > total / 2 && done < total;

describe("a spectrum that takes long", () => {
  it.each([1, 2])("reports progress meanwhile, rising, on %i threads", async (threads) => {
    const seen: Progress[] = [];
    await analyze(long, { ...options, threads, onProgress: (progress) => seen.push(progress) });
    const done = seen.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(seen.filter(within).length, done.join()).toBeGreaterThan(1);
    expect(done.at(-1)).toBe(seen[0].total);
  });

  it.each([1, 2])("ends where it is when it is aborted, on %i threads", async (threads) => {
    const stop = new AbortController();
    const seen: Progress[] = [];
    const onProgress = (progress: Progress): void => {
      seen.push(progress);
      if (within(progress)) stop.abort(new Error("enough of it"));
    };
    await expect(analyze(long, { ...options, threads, signal: stop.signal, onProgress })).rejects.toThrow(
      "enough of it",
    );
    expect(seen.filter(within)).toHaveLength(1);
    expect(seen.at(-1)!.done).toBeLessThan(seen[0].total);
  });
});
