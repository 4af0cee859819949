// TypeScript, strict, with the declarations of dependencies checked too.
import { readFile } from "node:fs/promises";
import {
  type AnalyzeOptions,
  analyze,
  architectureCompression,
  type Checkpoint,
  CheckpointError,
  type Correlation,
  type GaussianFit,
  type Kernels,
  load,
  type Matrix,
  openCheckpoint,
  pearson,
  type Report,
} from "weightscope";
import type kernelModule from "weightscope/kernels.wasm";

const file = process.argv[2] as string;
const kernels: Kernels = await load();
const matrix: Matrix = { rows: 2, columns: 8, data: Float32Array.from({ length: 16 }, (_, i) => i) };
const fit: GaussianFit = kernels.fitGaussians(matrix, { gaussians: 4, width: 0.5 });
const values: Float32Array = kernels.reconstruct(fit);
const correlation: Correlation = pearson([1, 2, 3, 4], [1, 2, 3, 5]);
const { ratio }: { ratio: number } = architectureCompression({ parameters: 7e9, width: 4096, layers: 32 }, 8);
const modules: (typeof kernelModule)[] = [];
const checkpoint: Checkpoint = await openCheckpoint(file);
const refused: unknown = await openCheckpoint(new Uint8Array(3)).catch((error: unknown) => error);
if (
  !(refused instanceof CheckpointError) ||
  refused.code === "" ||
  values.length !== 16 ||
  !(correlation.r > 0.9) ||
  !(ratio > 1)
)
  throw new Error("wrong answers");

// @ts-expect-error: a width is a number
const wrong: AnalyzeOptions = { width: "wide" };
void wrong;

const options: AnalyzeOptions = { threads: 2, ...(modules[0] && { module: modules[0] }) };
await checkpoint.close();
const report: Report = await analyze(new Uint8Array(await readFile(file)), options);
console.log(JSON.stringify(report));
