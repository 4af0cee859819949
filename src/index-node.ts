/**
 * The public API of src/index.ts as Node, Deno and Bun get it: what `load` does not need is loaded when it is first
 * called, since compiling its code took half of a cold start. Bundlers for browsers leave out what is unused, and get
 * src/index.ts.
 */
import type * as jobs from "./jobs.js";

const loaded = () => import("./jobs.js");

export const analyze: typeof jobs.analyze = async (...given) => (await loaded()).analyze(...given);
export const analyzePart: typeof jobs.analyzePart = async (...given) => (await loaded()).analyzePart(...given);
export const planAnalysis: typeof jobs.planAnalysis = async (...given) => (await loaded()).planAnalysis(...given);
export const openTasks: typeof jobs.openTasks = async (...given) => (await loaded()).openTasks(...given);
export const mergeReport: typeof jobs.mergeReport = async (...given) => (await loaded()).mergeReport(...given);
export const analyzeTransitions: typeof jobs.analyzeTransitions = async (...given) =>
  (await loaded()).analyzeTransitions(...given);
export const compare: typeof jobs.compare = async (...given) => (await loaded()).compare(...given);
export const compress: typeof jobs.compress = (...given) => later(loaded().then((all) => all.compress(...given)));
export const extractAdapter: typeof jobs.extractAdapter = (...given) =>
  later(loaded().then((all) => all.extractAdapter(...given)));
export const openJournal: typeof jobs.openJournal = async (...given) => (await loaded()).openJournal(...given);
export const openCheckpoint: typeof jobs.openCheckpoint = async (...given) => (await loaded()).openCheckpoint(...given);
export const restore: typeof jobs.restore = (...given) => later(loaded().then((all) => all.restore(...given)));
export const scalingTables: typeof jobs.scalingTables = async (...given) => (await loaded()).scalingTables(...given);
export { batchTasks } from "./analyze/batches.js";
export { CheckpointError } from "./base/errors.js";
export { fitPowerLaw, pearson } from "./base/statistics.js";
export { load } from "./load.js";
export { architectureCompression } from "./scaling/architecture.js";
export { SCALING_TABLES } from "./scaling/tables.js";

/** Files and a report whose maker is still on its way. */
function later<File, R>(making: Promise<{ files: AsyncIterable<File>; report: Promise<R> }>) {
  const report = making.then((made) => made.report);
  report.catch(() => {}); // whoever reads the files hears of it there
  async function* files(): AsyncGenerator<File, void, void> {
    yield* (await making).files;
  }
  return { files: files(), report };
}
