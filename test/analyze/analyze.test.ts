import { describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { type AnalyzeOptions, analyze, type ByteSource, load, openCheckpoint, type Report } from "../../src/index.js";
import { type BuiltTensor, safetensors } from "../checkpoint/files.js";
import { rowsOf, squaredSingularValues } from "../kernels/reference.js";

function tensor(name: string, shape: number[], seed: number, change?: (data: Float32Array) => void): BuiltTensor {
  const random = new Random(seed);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
  change?.(data);
  return { name, dtype: "F32", shape, bytes: data };
}

const model = (): BuiltTensor[] => [
  tensor("model.embed_tokens.weight", [130, 40], 1),
  ...[0, 1, 2].flatMap((n) => [
    tensor(`model.layers.${n}.self_attn.q_proj.weight`, [40, 40], 10 + n, (d) =>
      d.forEach((_, i) => {
        d[i] *= 3 - n;
      }),
    ),
    tensor(`model.layers.${n}.mlp.down_proj.weight`, [40, 90], 20 + n),
    tensor(`model.layers.${n}.input_layernorm.weight`, [40], 30 + n),
  ]),
  tensor("lm_head.weight", [130, 40], 1),
];

/** A source that counts what is asked of it. */
function counted(bytes: Uint8Array): ByteSource & { read: ByteSource["read"]; bytesRead: number } {
  return {
    name: "counted.safetensors",
    byteLength: bytes.length,
    bytesRead: 0,
    async read(start, end) {
      this.bytesRead += end - start;
      return bytes.slice(start, end);
    },
  };
}

const one = async (built: BuiltTensor, options?: AnalyzeOptions): Promise<Report["matrices"][number]> =>
  (await analyze(safetensors([built]), options)).matrices[0];

describe("analyze", () => {
  it("gives the same bytes whatever the memory and the threads", async () => {
    const file = safetensors(model());
    const options: AnalyzeOptions = {
      permutations: 5,
      svd: true,
      energy: 0.8,
      participation: { method: "power" },
      gaussians: ["auto", 3, "d/4"],
    };
    const expected = JSON.stringify(await analyze(file, options));
    for (const memory of [1500, 2500, 7001, 40_000, 1 << 20])
      expect(JSON.stringify(await analyze(file, { ...options, memory })), `${memory} bytes`).toBe(expected);
    for (const threads of [2, 3])
      expect(JSON.stringify(await analyze(file, { ...options, threads, memory: 60_000 })), `${threads} threads`).toBe(
        expected,
      );
    const exact: AnalyzeOptions = { participation: { method: "exact" } };
    const whole = JSON.stringify(await analyze(file, exact));
    for (const memory of [1500, 9000, 30_000])
      expect(JSON.stringify(await analyze(file, { ...exact, memory }))).toBe(whole);
    expect(JSON.parse(whole)).toEqual(await analyze(file, exact));
  });

  it("reads each byte once for norms, fits and the exact method", async () => {
    const file = safetensors(model().slice(0, -1));
    const source = counted(file);
    const header = counted(file);
    await (await openCheckpoint(header)).close();
    await analyze(source, { permutations: 3 });
    expect(source.bytesRead - header.bytesRead).toBeLessThanOrEqual(file.length);
  });

  it("counts a tied tensor where its contents stood first", async () => {
    const report = await analyze(safetensors(model()));
    const tied = report.matrices.find((matrix) => matrix.name === "lm_head.weight")!;
    const [first, second] = [...report.matrices].filter((matrix) => /embed|head/.test(matrix.name));
    expect([first.tiedTo, second.tiedTo]).toEqual([null, first.name]);
    expect(tied.norms).toEqual(first.norms);
    const weights = 130 * 40 + 3 * (1600 + 3600 + 40);
    expect(report.summary.parameters).toBe(weights);
    expect(report.summary.compression[1]).toMatchObject({
      gaussians: "8",
      amplitudes: 8 * (130 + 3 * 80),
      effectiveParameters: 8 * (130 + 3 * 80) + 120,
    });
  });

  it("does not take equal figures for equal contents", async () => {
    const a = tensor("a", [2, 4], 1, (d) => d.set([1, 2, 3, 4, 5, 6, 7, 8]));
    const b = tensor("b", [2, 4], 1, (d) => d.set([2, 1, 3, 4, 5, 6, 7, 8]));
    expect((await analyze(safetensors([a, b]))).matrices.map((matrix) => matrix.tiedTo)).toEqual([null, null]);
  });

  it("reads layers, and whether norms fall with depth", async () => {
    const report = await analyze(safetensors(model()));
    expect(report.layers.map(({ layer, matrices, parameters }) => [layer, matrices, parameters])).toEqual([
      [0, 2, 5200],
      [1, 2, 5200],
      [2, 2, 5200],
    ]);
    expect(report.summary.normsDecreaseWithDepth).toBe(true);
    for (const { norm, normPerParameter } of report.layers) expect(normPerParameter).toBe(norm / 5200);
    expect(report.matrices.filter((matrix) => matrix.layer === null).map((matrix) => matrix.role)).toEqual(
      ["embedding", "head"].sort(),
    );
  });

  it("takes stacks apart, flattens convolutions, and skips what is no matrix, with the reason", async () => {
    const report = await analyze(
      safetensors([
        tensor("experts", [2, 3, 32, 40], 1),
        tensor("conv", [6, 3, 5, 5], 2),
        tensor("vector", [7], 3),
        tensor("cls", [1, 1, 64], 4),
        tensor("empty", [0, 8], 5),
        tensor("column", [9, 1], 6),
        tensor("scalar", [], 7),
        { name: "ids", dtype: "I32", shape: [4, 4], bytes: new Int32Array(16) },
        { name: "mask", dtype: "BOOL", shape: [4, 4], bytes: new Uint8Array(16) },
      ]),
    );
    expect(report.matrices.map(({ name, rows, columns }) => `${name} ${rows}x${columns}`).sort()).toEqual([
      "conv 6x75",
      ...["0,0", "0,1", "0,2", "1,0", "1,1", "1,2"].map((at) => `experts[${at}] 32x40`),
    ]);
    expect(Object.fromEntries(report.source.skipped.map(({ name, reason }) => [name, reason]))).toMatchObject({
      vector: "vector",
      cls: "a single row or column",
      column: "a single row or column",
      empty: "empty",
      scalar: "scalar",
      ids: "integers (I32)",
      mask: "integers (BOOL)",
    });
    const alone = await one(
      tensor("experts", [32, 40], 0, (d) => {
        const all = tensor("experts", [2, 3, 32, 40], 1).bytes as Float32Array;
        d.set(all.subarray(5 * 1280));
      }),
    );
    expect(report.matrices.find((matrix) => matrix.name === "experts[1,2]")!.norms).toEqual(alone.norms);
  });

  it("transposes by name, within any memory", async () => {
    const plain = tensor("w", [37, 53], 8);
    const turned = tensor("w", [53, 37], 8, (d) => {
      const w = plain.bytes as Float32Array;
      d.forEach((_, i) => {
        d[i] = w[(i % 37) * 53 + Math.floor(i / 37)];
      });
    });
    const expected = await one(turned);
    const found = await one(plain, { transpose: /^w$/ });
    expect(found).toEqual({ ...expected, shape: [37, 53] });
    for (const memory of [800, 5000]) expect(await one(plain, { transpose: /^w$/, memory })).toEqual(found);
  });

  it("counts weights that are not finite, and gives no figure that would hang on them", async () => {
    const matrix = await one(
      tensor("w", [30, 40], 9, (d) => {
        d[700] = NaN;
        d[701] = Infinity;
        d[1199] = -Infinity;
      }),
    );
    expect(matrix).toMatchObject({ participation: null, gaussian: [], norms: { nonFinite: 3 } });
    expect(Object.values(matrix.norms).every(Number.isFinite)).toBe(true);
    const report = await analyze(
      safetensors([
        tensor("bad", [30, 40], 9, (d) => {
          d[0] = NaN;
        }),
        tensor("good", [30, 40], 10),
      ]),
    );
    expect(report.summary).toMatchObject({
      parameters: 2400,
      compression: [{ amplitudes: 240, effectiveParameters: 1440 }, {}],
    });
    expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/);
  });

  it("gives zeros, constants and single outliers their figures", async () => {
    expect(await one(tensor("w", [8, 8], 1, (d) => d.fill(0)))).toMatchObject({
      participation: null,
      gaussian: [],
      norms: { norm: 0 },
    });
    const constant = await one(
      tensor("w", [8, 16], 1, (d) => d.fill(1)),
      { permutations: 20 },
    );
    expect(constant.participation!.value).toBeCloseTo(1, 9);
    expect(constant.gaussian[0]).toMatchObject({ verdict: "as noise", amplitudeParticipationRatio: null });
    expect(constant.gaussian[0].permutedEnergy).toBeCloseTo(constant.gaussian[0].energy, 6);
    const outlier = await one(
      tensor("w", [600, 520], 1, (d) => {
        d.fill(0);
        d[777] = 1e20;
      }),
    );
    expect(outlier.participation!.value).toBeCloseTo(1, 6);
  });

  it.each([1e-30, 1e-24, 1e24, 1e30])("gives a matrix times %d the same figures", async (size) => {
    const power = 2 ** Math.round(Math.log2(size));
    const plain = await one(tensor("w", [60, 50], 12), { permutations: 4, svd: true });
    const scaled = await one(
      tensor("w", [60, 50], 12, (d) =>
        d.forEach((x, i) => {
          d[i] = x * power;
        }),
      ),
      { permutations: 4, svd: true },
    );
    expect(scaled.norms.norm / power).toBeCloseTo(plain.norms.norm, 9);
    expect(scaled.participation!.value).toBeCloseTo(plain.participation!.value, 9);
    expect(scaled.participation!.spectralNorm / power).toBeCloseTo(plain.participation!.spectralNorm, 6);
    expect(scaled.gaussian[0].energy).toBeCloseTo(plain.gaussian[0].energy, 9);
    expect(scaled.gaussian[0].permuted!.z).toBeCloseTo(plain.gaussian[0].permuted!.z, 4);
  });

  it("finds structure where columns are smooth, and none in noise", async () => {
    const smooth = await one(
      tensor("w", [80, 64], 13, (d) =>
        d.forEach((x, i) => {
          d[i] = x + 2 * Math.sin((i % 64) / 7 + Math.floor(i / 64));
        }),
      ),
      { permutations: 20 },
    );
    expect(smooth.gaussian[0].verdict).toBe("structure");
    const verdicts = await Promise.all(
      Array.from({ length: 12 }, (_, i) => one(tensor(`w${i}`, [80, 64], 100 + i), { permutations: 40 })),
    );
    expect(verdicts.filter((matrix) => matrix.gaussian[0].verdict !== "as noise").length).toBeLessThanOrEqual(1);
    const alternating = await one(
      tensor("w", [80, 64], 14, (d) => d.set(d.map((x, i) => x - d[(i + 1) % d.length]))),
      { permutations: 20 },
    );
    expect(alternating.gaussian[0].verdict).toBe("below noise");
  });

  it("says the closed-form mean that permutations show", async () => {
    const built = tensor("w", [20, 33], 15, (d) =>
      d.forEach((x, i) => {
        d[i] = x + 0.5;
      }),
    );
    const kernels = await load();
    const random = new Random(99);
    const matrix = await one(built, { permutations: 20, gaussians: [6] });
    const data = built.bytes as Float32Array;
    const energies: number[] = [];
    for (let p = 0; p < 400; p++) {
      const order = random.permutation(33);
      energies.push(
        kernels.fitGaussians(
          { rows: 20, columns: 33, data: data.map((_, i) => data[Math.floor(i / 33) * 33 + order[i % 33]]) },
          { gaussians: 6 },
        ).energy,
      );
    }
    const mean = energies.reduce((a, b) => a + b, 0) / 400;
    const deviation = Math.sqrt(energies.reduce((s, e) => s + (e - mean) ** 2, 0) / 400);
    expect(Math.abs(mean - matrix.gaussian[0].permutedEnergy)).toBeLessThan((4 * deviation) / 20);
    expect(matrix.gaussian[0].permuted!.standardDeviation / deviation).toBeGreaterThan(0.5);
    expect(matrix.gaussian[0].permuted!.standardDeviation / deviation).toBeLessThan(2);
  });

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
