import { ftruncateSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { rowsOfChunk } from "../../src/base/chunks.js";
import { openCheckpoint, planAnalysis } from "../../src/index-node.js";
import { Machine } from "../../src/kernels/machine.js";
import { compileKernels } from "../../src/kernels/modules.js";
import { analyzeMatrix } from "../../src/matrix/figures.js";
import { bytesBesideRows, gramProblem } from "../../src/matrix/gram-limit.js";
import { type MatrixOptions, rangesOf } from "../../src/matrix/schedule.js";
import type { StoredMatrix } from "../../src/matrix/stored.js";
import type { AnalysisEstimate, AnalyzeOptions } from "../../src/types.js";
import { folder, noise, run } from "../cli/run.js";

const options: MatrixOptions = {
  gaussians: ["auto"],
  width: 0.5,
  permutations: 0,
  participation: {},
  svd: false,
  energy: 0.9,
  singularValues: false,
  seed: 1,
};
const MEMORY = 1 << 22;

const matrixOf = (rows: number, columns: number): StoredMatrix =>
  ({
    name: "a",
    rows,
    columns,
    rowBytes: columns * 4,
    byteLength: rows * columns * 4,
    transposed: false,
    spectrum: true,
    type: { name: "F32", kernel: "decode", code: 0, bytesPerBlock: 4, elementsPerBlock: 1 },
  }) as StoredMatrix;

/** A file of zeros that takes no disk, with small matrices of noise before them. */
function sparseFile(name: string, shapes: [number, number][]): string {
  const small = Buffer.from(noise(40 * 30, 1).buffer);
  const entries: Record<string, unknown> = {
    small: { dtype: "F32", shape: [40, 30], data_offsets: [0, small.length] },
  };
  let end = small.length;
  shapes.forEach((shape, i) => {
    const bytes = 2 * shape[0] * shape[1];
    entries[`model.layers.${i}.mlp.up_proj.weight`] = { dtype: "BF16", shape, data_offsets: [end, end + bytes] };
    end += bytes;
  });
  const header = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = path.join(folder(), `${name}.safetensors`);
  const handle = openSync(file, "w");
  writeSync(handle, Buffer.concat([length, header, small]));
  ftruncateSync(handle, 8 + header.length + end);
  return file;
}

describe("a Gram matrix in WebAssembly's memory", () => {
  it("of a large side is one, of all rows, whatever the threads", () => {
    expect(rowsOfChunk(53_248, 16_384, 16_384)).toBeGreaterThanOrEqual(53_248);
    expect(rowsOfChunk(53_248, 15_360, 15_360)).toBe(30_720);
    expect(rangesOf(matrixOf(53_248, 16_384), options, 8)).toHaveLength(1);
    for (const [rows, columns] of [
      [53_248, 16_384],
      [16_384, 53_248],
      [128_256, 16_384],
      [18_432, 73_728],
      [15_360, 15_360],
      [61_440, 15_360],
      [21_504, 21_504],
    ])
      expect(gramProblem(matrixOf(rows, columns), options, 64 << 20)).toBeNull();
  });

  it.each([
    ["tall", (side: number) => [side + 40, side]],
    ["wide", (side: number) => [side, side + 40]],
    ["of two chunks", (side: number) => [Math.ceil(2 ** 22 / side) + 1200, side]],
  ])("takes with what stands beside it what is said, %s", async (_, shapeOf) => {
    const module = await compileKernels("plain");
    const takenBy = async (side: number): Promise<{ taken: number; said: number }> => {
      const [rows, columns] = shapeOf(side);
      const plan = matrixOf(rows, columns);
      const bytes = Buffer.from(noise(rows * columns, side).buffer);
      const machine = new Machine(module, "simd128");
      const before = machine.exports.mark();
      const read = async (start: number, end: number): Promise<Uint8Array> => bytes.subarray(start, end);
      await analyzeMatrix(machine, { plan, options, bytes: { read }, memory: MEMORY });
      const taken = machine.exports.memory.buffer.byteLength - before;
      return { taken, said: MEMORY + bytesBesideRows(plan, options) };
    };
    const [small, large] = [await takenBy(520), await takenBy(904)];
    for (const { taken, said } of [small, large]) expect(taken).toBeLessThan(said);
    // What is there for any matrix must not hide what grows with it.
    expect(large.taken - small.taken).toBeLessThan(large.said - small.said);
  });

  it("that does not fit is said before it is begun, by estimate and analysis alike, with what helps", async () => {
    const file = sparseFile("wide", [[40_000, 32_768]]);
    const line = /up_proj\.weight: out of memory: .*40000 × 32768 .* 8\.6 GB .*: no --energy \(--svd says/;
    const estimated = await run(["analyze", file, "--energy", "0.9", "--estimate"]);
    expect(estimated.status).toBe(1);
    expect(estimated.stderr.trim()).toMatch(line);
    expect(estimated.stdout).toContain("1 matrix could not be done.");
    const analyzed = await run(["analyze", file, "--energy", "0.9", "--format", "json"]);
    expect({ status: analyzed.status, stderr: analyzed.stderr }).toEqual({ status: 1, stderr: estimated.stderr });
    expect((JSON.parse(analyzed.stdout) as { matrices: unknown[] }).matrices).toHaveLength(1);
  });

  it("can be done with what is advised", async () => {
    const estimate = async (shape: [number, number], given: AnalyzeOptions): Promise<AnalysisEstimate> => {
      const checkpoint = await openCheckpoint(sparseFile("one", [shape]));
      const plan = await planAnalysis(checkpoint, given);
      await checkpoint.close();
      return plan.estimate;
    };
    const wide: [number, number] = [40_000, 32_768];
    const [target, all, exact] = [
      { energy: 0.9 },
      { spectrum: "all" },
      { participation: { method: "exact" } },
    ] as const;
    for (const given of [target, all, exact]) expect((await estimate(wide, given)).failed).toHaveLength(1);
    expect((await estimate(wide, all)).failed[0].reason).toMatch(/what can be done: --spectrum none$/);
    expect((await estimate(wide, exact)).failed[0].reason).toMatch(/what can be done: --participation power$/);
    expect((await estimate(wide, { svd: true })).failed).toEqual([]);
    const { failed } = await estimate([53_248, 16_384], { energy: 0.9, memory: 4 * 2 ** 30 });
    const advised = Number(/--memory (\d+)$/.exec(failed[0].reason)?.[1]);
    expect(advised).toBeGreaterThan(1000);
    const possible = await estimate([53_248, 16_384], { energy: 0.9, memory: advised * 2 ** 20 });
    expect(possible.failed).toEqual([]);
    expect(possible.coreSeconds).toBeGreaterThan(600);
  });
});
