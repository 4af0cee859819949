import { describe, expect, it } from "vitest";
import { compare } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { f32, noise } from "../cli/run.js";
import { model, models, plus } from "./models.js";

describe("compare", () => {
  it("refuses two files without a matrix in common, before any weight is read", async () => {
    const other = safetensors([f32("something.weight", [9, 9], noise(81, 1))]);
    await expect(compare(model(), other)).rejects.toMatchObject({
      code: "nothing-matches",
      message:
        "bytes and bytes have no matrix of one name, or of one layer, role and shape, in common " +
        '("model.embed_tokens.weight" in the one, "something.weight" in the other)',
    });
  });

  it("names the option that is out of range, and the memory that would do", async () => {
    await expect(compare(model(), model(), { threads: 0 })).rejects.toThrow(
      "threads must be a whole number from 1, not 0",
    );
    await expect(compare(model(), model(), { memory: NaN })).rejects.toThrow("memory must be above 0 bytes, not NaN");
    await expect(compare(model(), model(), { seed: Infinity })).rejects.toThrow("seed must be a number");
    await expect(compare(model(), model(), { memory: 100 })).rejects.toThrow(
      /memory: 100 bytes hold no row of "model\.layers\.0\.mlp\.down_proj.*the least that would do is \d+/,
    );
  });

  it("ends with the signal's reason, on threads too", async () => {
    for (const threads of [1, 2]) {
      const controller = new AbortController();
      const reason = new Error("enough");
      await expect(
        compare(models.base, models.full, {
          threads,
          signal: controller.signal,
          onProgress: () => controller.abort(reason),
        }),
      ).rejects.toBe(reason);
    }
  });

  it("tells progress up to all bytes of both sides", async () => {
    const seen: number[] = [];
    let total = 0;
    await compare(model(), model(plus(/up_proj/, 1)), {
      onProgress: (progress) => {
        seen.push(progress.done);
        total = progress.total;
      },
    });
    expect(seen.at(-1)).toBe(total);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(total).toBe(2 * 4 * (40 * 32 + 32 * 32 + 2 * 64 * 32));
  });
});
