import { describe, expect, it } from "vitest";
import { compare } from "../../src/index.js";
import type { Progress } from "../../src/types.js";
import { tensor } from "../analyze/models.js";
import { safetensors } from "../checkpoint/files.js";

const side = (seed: number): Uint8Array =>
  safetensors(
    ["q_proj", "o_proj"].map((name, i) => tensor(`model.layers.0.self_attn.${name}.weight`, [1024, 1024], seed + i)),
  );
const [base, tuned] = [side(1), side(5)];

/** What is reported while a spectrum is found: more than half of one matrix, or of both, and not all of either. */
const within = ({ done, total }: Progress): boolean =>
  [0.25, 0.5, 0.75].every((share) => done !== share * total) && done > total / 4 && done < total;

describe("a change whose spectrum takes long", () => {
  it.each([1, 2])("reports progress meanwhile, rising, on %i threads", async (threads) => {
    const seen: Progress[] = [];
    await compare(base, tuned, { threads, onProgress: (progress) => seen.push(progress) });
    const done = seen.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(seen.filter(within).length, done.join()).toBeGreaterThan(1);
    expect(done.at(-1)).toBe(seen[0].total);
  });

  it("ends where it is when it is aborted", async () => {
    const stop = new AbortController();
    const seen: Progress[] = [];
    const onProgress = (progress: Progress): void => {
      seen.push(progress);
      if (progress.done > progress.total / 4) stop.abort(new Error("enough of it"));
    };
    await expect(compare(base, tuned, { signal: stop.signal, onProgress })).rejects.toThrow("enough of it");
    expect(seen.at(-1)!.done).toBeLessThan(seen[0].total / 2);
  });
});
