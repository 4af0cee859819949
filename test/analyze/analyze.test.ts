import { describe, expect, it } from "vitest";
import { type AnalyzeOptions, analyze, openCheckpoint } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { counted, model, one, tensor } from "./models.js";

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
});
