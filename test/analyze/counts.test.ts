/**
 * What `analyze` costs, in counts that no busy machine can change: bytes and calls asked of the source, memory of the
 * kernels.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Random } from "../../src/base/random.js";
import { type AnalyzeOptions, analyze, type ByteSource, openCheckpoint, type Report } from "../../src/index.js";
import { compileKernels } from "../../src/kernels/modules.js";
import { type BuiltTensor, safetensors } from "../checkpoint/files.js";

function tensor(name: string, rows: number, columns: number): BuiltTensor {
  const random = new Random(rows * 7919 + columns);
  return {
    name,
    dtype: "F32",
    shape: [rows, columns],
    bytes: Float32Array.from({ length: rows * columns }, () => random.normal()),
  };
}

interface Count {
  bytes: number;
  calls: number;
  largest: number;
  report: Report;
}

/** What is asked of the source after its header. */
async function count(tensors: BuiltTensor[], options: AnalyzeOptions): Promise<Count & { stored: number }> {
  const file = safetensors(tensors);
  const seen = { bytes: 0, calls: 0, largest: 0 };
  const source: ByteSource = {
    name: "counted.safetensors",
    byteLength: file.length,
    async read(start, end) {
      seen.bytes += end - start;
      seen.calls++;
      seen.largest = Math.max(seen.largest, end - start);
      return file.slice(start, end);
    },
  };
  const checkpoint = await openCheckpoint(source);
  Object.assign(seen, { bytes: 0, calls: 0, largest: 0 });
  // With a module of its own the calling thread makes an instance for each run.
  const report = await analyze(checkpoint, { module: await compileKernels("plain"), ...options });
  return { ...seen, report, stored: tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b) * 4, 0) };
}

/** Kernel instances made while a test runs: their memory only grows, so its length is the peak. */
const memories: WebAssembly.Memory[] = [];
const Instance = WebAssembly.Instance;

beforeEach(() => {
  memories.length = 0;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      if (this.exports.memory instanceof WebAssembly.Memory) memories.push(this.exports.memory);
    }
  };
});
afterEach(() => {
  WebAssembly.Instance = Instance;
});

const peak = (): number => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);

const model = (): BuiltTensor[] => [
  tensor("model.embed_tokens.weight", 700, 96),
  tensor("model.layers.0.self_attn.q_proj.weight", 96, 96),
  tensor("model.layers.0.mlp.down_proj.weight", 96, 384),
];
/** Both sides above 512: the power method's. */
const large = (): BuiltTensor[] => [tensor("model.layers.0.mlp.up_proj.weight", 600, 560)];

/** Modules, sums of rows, amplitudes of a batch, bases and their covariances, for a few hundred columns. */
const FIXED = 2 << 20;

describe("bytes that analyze reads", () => {
  it("are each read once for norms, every K, the null and the exact method", async () => {
    const { bytes, stored } = await count(model(), { permutations: 2, gaussians: ["auto", 8, "d/4"] });
    expect(bytes).toBe(stored);
  });

  it("are read once for the power method where memory keeps them", async () => {
    const { bytes, stored, report } = await count(large(), {});
    expect(report.matrices[0].participation!.method).toBe("power");
    expect(bytes).toBe(stored);
  });

  it("are read once a pass where it cannot", async () => {
    const { bytes, stored, report } = await count(large(), { memory: 200_000 });
    const { iterations } = report.matrices[0].participation!;
    expect(bytes).toBe(stored * (1 + iterations));
    // Eight passes at most for the spectral norm, and one that puts probes through.
    expect(iterations).toBeLessThanOrEqual(9);
  });

  it("are read once, but for those that memory cannot keep, where it keeps a part", async () => {
    const tensors = [tensor("w", 9000, 560)];
    const memory = 12 << 20;
    const options: AnalyzeOptions = { gaussians: [4] };
    const { bytes, stored, report } = await count(tensors, { ...options, memory });
    const { iterations } = report.matrices[0].participation!;
    expect(bytes).toBeGreaterThanOrEqual(stored + iterations * (stored - memory));
    expect(bytes).toBeLessThanOrEqual(stored + iterations * (stored - memory / 2));
    expect(peak()).toBeLessThanOrEqual(memory + FIXED);
    expect(JSON.stringify(report)).toBe(JSON.stringify((await count(tensors, options)).report));
  });

  it("are read once in little memory too, where the Gram matrix of the columns is gathered", async () => {
    const { bytes, stored } = await count([tensor("w", 600, 560)], {
      memory: 200_000,
      participation: { method: "exact" },
    });
    expect(bytes).toBe(stored);
  });

  it("come in one call a matrix where they fit, and never in more calls than memory asks for", async () => {
    expect((await count(model(), {})).calls).toBe(model().length);
    const { calls, bytes, largest } = await count(large(), { memory: 200_000, participation: { method: "exact" } });
    expect(largest).toBeLessThanOrEqual(200_000);
    expect(calls).toBeLessThanOrEqual(Math.ceil(bytes / (200_000 / 8)));
  });
});

describe("memory of the kernels", () => {
  /** A Gram matrix in f64 with its packed panels. */
  const gram = (side: number): number => side * side * 8 + side * 256 * 4;
  it.each([200_000, 1 << 20, 4 << 20])("stays within %i bytes of weights and what one matrix needs", async (memory) => {
    await count([...large(), tensor("other", 520, 900)], { memory });
    expect(memories).toHaveLength(1);
    expect(peak()).toBeLessThanOrEqual(memory + FIXED);
  });

  it("adds the Gram matrix of the exact method, and no more of the next matrix", async () => {
    const memory = 1 << 20;
    const options: AnalyzeOptions = { memory, participation: { method: "exact" } };
    await count(large(), options);
    const once = peak();
    expect(once).toBeLessThanOrEqual(memory + gram(560) + FIXED);
    memories.length = 0;
    await count(
      [
        ...large(),
        { ...large()[0], name: "model.layers.1.mlp.up_proj.weight" },
        { ...large()[0], name: "model.layers.2.mlp.up_proj.weight" },
      ],
      options,
    );
    expect(peak()).toBe(once);
  });
});
