import { describe, expect, it } from "vitest";
import { type AnalyzeOptions, analyze, type ByteSource, load, openCheckpoint } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { rowsOf, squaredSingularValues } from "../kernels/reference.js";
import { model, one, tensor } from "./models.js";

describe("options of analyze", () => {
  it("finds the smallest K and the smallest rank that hold an energy", async () => {
    const built = tensor("w", [25, 48], 16);
    const { energyTarget } = await one(built, { energy: 0.7 });
    const kernels = await load();
    const energyAt = (gaussians: number): number =>
      kernels.fitGaussians({ rows: 25, columns: 48, data: built.bytes as Float32Array }, { gaussians }).energy;
    expect(energyTarget!.gaussians).toBe(Array.from({ length: 48 }, (_, k) => k + 1).find((k) => energyAt(k) >= 0.7));
    const spectrum = squaredSingularValues(rowsOf(built.bytes as Float32Array, 25, 48));
    const sum = (values: number[]): number => values.reduce((x, y) => x + y, 0);
    const top = (count: number): number => sum(spectrum.slice(0, count)) / sum(spectrum);
    expect(top(energyTarget!.rank)).toBeGreaterThanOrEqual(0.7);
    expect(top(energyTarget!.rank - 1)).toBeLessThan(0.7);
  });

  it("asks seeds of names, so filters change no figure", async () => {
    const file = safetensors(model());
    const options: AnalyzeOptions = { permutations: 6, participation: { method: "power" } };
    const all = await analyze(file, options);
    const some = await analyze(file, { ...options, include: /layers\.1/, exclude: /norm/ });
    expect(some.matrices).toEqual(all.matrices.filter((matrix) => matrix.name.includes("layers.1")));
    expect(some.summary.parameters).toBe(5200);
    expect((await analyze(file, { ...options, seed: 2 })).matrices[0].gaussian[0].permuted).not.toEqual(
      all.matrices[0].gaussian[0].permuted,
    );
  });

  it("is empty, not an error, without matrices", async () => {
    const report = await analyze(safetensors([tensor("bias", [5], 1)]));
    expect(report).toMatchObject({
      matrices: [],
      layers: [],
      summary: {
        parameters: 5,
        amplitudeParticipationRatio: null,
        sizeCorrelation: null,
        normsDecreaseWithDepth: null,
      },
    });
    expect(report.summary.compression[0]).toMatchObject({
      amplitudes: 0,
      ratio: null,
      energy: null,
      effectiveParameters: 5,
    });
  });

  it.each<[AnalyzeOptions, RegExp]>([
    [{ gaussians: [0] }, /gaussians: "0"/],
    [{ gaussians: ["x"] }, /"x"/],
    [{ gaussians: [] }, /at least one/],
    [{ gaussians: ["d/0"] }, /"d\/0"/],
    [{ width: 0 }, /width/],
    [{ width: NaN }, /width/],
    [{ threads: 0 }, /threads/],
    [{ threads: 1.5 }, /threads/],
    [{ permutations: -1 }, /permutations/],
    [{ memory: 0 }, /memory/],
    [{ energy: 1.5 }, /energy/],
    [{ seed: NaN }, /seed/],
    [{ participation: { method: "none" as "power" } }, /method/],
    [{ participation: { tolerance: 0 } }, /tolerance/],
  ])("refuses %o", async (options, message) => {
    await expect(analyze(safetensors(model()), options)).rejects.toThrow(message);
    await expect(analyze(safetensors(model()), options)).rejects.toBeInstanceOf(RangeError);
  });

  it("says the least memory that would do, and does with it", async () => {
    const file = safetensors(model());
    const refusal = (await analyze(file, { memory: 64 }).catch((error: Error) => error.message)) as string;
    expect(refusal).toMatch(
      /hold no row of "model\.layers\.0\.mlp\.down_proj\.weight"; the least that would do is \d+/,
    );
    const least = Number(/is (\d+)/.exec(refusal)![1]);
    expect(JSON.stringify(await analyze(file, { memory: least, threads: 3 }))).toBe(
      JSON.stringify(await analyze(file)),
    );
    await expect(analyze(file, { memory: least - 1 })).rejects.toThrow(RangeError);
  });

  it.each([1, 2])("stops when asked, with the reason, on %i threads", async (threads) => {
    const file = safetensors(Array.from({ length: 12 }, (_, i) => tensor(`w${i}`, [600, 600], i)));
    const stop = new AbortController();
    const running = analyze(file, {
      threads,
      permutations: 20,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(running).rejects.toThrow("enough");
    await expect(analyze(file, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
  });

  it("reports progress that rises to the whole", async () => {
    const seen: number[] = [];
    let total = 0;
    await analyze(safetensors(model()), {
      onProgress: (progress) => {
        seen.push(progress.done);
        total = progress.total;
      },
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(total);
  });

  it.each([1, 2])("passes on what reading failed with, on %i threads", async (threads) => {
    const file = safetensors(model());
    const source: ByteSource = {
      name: "torn",
      byteLength: file.length,
      read: async (start, end) => {
        if (start > 8000) throw new Error("the disk is gone");
        return file.slice(start, end);
      },
    };
    await expect(analyze(source, { threads })).rejects.toThrow("the disk is gone");
  });

  it("takes any object with a Checkpoint's shape", async () => {
    const opened = await openCheckpoint(safetensors(model()));
    const { name, byteLength, format, tensors, metadata } = opened;
    const foreign = {
      name,
      byteLength,
      format,
      tensors,
      metadata,
      close: async () => {},
      readRows: opened.readRows.bind(opened),
    };
    expect((await analyze(foreign)).matrices.map((matrix) => matrix.gaussian)).toEqual(
      (await analyze(opened)).matrices.map((matrix) => matrix.gaussian),
    );
    await opened.close();
  });
});
