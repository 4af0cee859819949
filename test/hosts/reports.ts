import { type AnalyzeOptions, analyze, compare } from "weightscope";
import type { Case } from "./cases.js";
import { checkpoints } from "./checkpoints.js";

const report =
  (options: AnalyzeOptions): Case =>
  async ({ example, module }) =>
    JSON.stringify(await analyze(example, { ...options, module }));
const generated =
  (name: keyof typeof checkpoints, options: AnalyzeOptions): Case =>
  async ({ module }) =>
    JSON.stringify(await analyze(await checkpoints[name](), { ...options, module }));

/** The example and the same with the last bit of every 97th byte of its weights turned. */
const comparison =
  (threads: number): Case =>
  async ({ example, module }) => {
    const changed = example.slice();
    for (let i = changed.length >> 1; i < changed.length; i += 97) changed[i] ^= 1;
    return JSON.stringify(await compare(example, changed, { include: /layers\.[23]\./, threads, module }));
  };

/** Reports asked for again with other threads or memory: run.mjs holds them to the one they repeat. */
export const repeated = /, (\d+ threads|[\d.]+ [kM]B of memory)$/;

const everything: AnalyzeOptions = {
  gaussians: ["auto", 8, "d/32"],
  permutations: 5,
  svd: true,
  include: /layers\.[01]\./,
  participation: { method: "power", seed: 3 },
};
export const analyzeCases: Record<string, Case> = {
  "report of the example": report({}),
  "report of the example, 2 threads": report({ threads: 2 }),
  "report of the example, 3 threads": report({ threads: 3 }),
  "report of the example, 160 kB of memory": report({ memory: 160_000 }),
  "report with nulls and svd": report(everything),
  "report with nulls and svd, 2 threads": report({ ...everything, threads: 2 }),
  "report with nulls and svd, 3 threads": report({ ...everything, threads: 3 }),
  "report with nulls and svd, 4 MB of memory": report({ ...everything, memory: 4_000_000 }),
  "report of a long matrix": generated("long", { permutations: 1 }),
  "report of a long matrix, 2 threads": generated("long", { permutations: 1, threads: 2 }),
  "report of every storage type": generated("safetensors", { threads: 2, width: 1 }),
  "comparison with a change": comparison(1),
  "comparison with a change, 2 threads": comparison(2),
  "report of GGUF, quantised": generated("GGUF", { threads: 2 }),
};
