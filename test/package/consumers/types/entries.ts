// Every entry that needs no document, for a project without any library but the language's.
import { analyze, type CheckpointInput, openCheckpoint, type Report } from "weightscope";
import { analyzeByQueue, type QueueOptions } from "weightscope/bullmq";
import type module from "weightscope/kernels.wasm";
import { analyze as analyzeWithoutImports } from "weightscope/static";

const report: Report = await analyze(new Uint8Array(3), { threads: 2 });
// @ts-expect-error: a number is no checkpoint
await analyze(7);
// @ts-expect-error: nor is a truth value
await openCheckpoint(true);

export type { CheckpointInput, module, QueueOptions };
export { analyzeByQueue, analyzeWithoutImports, report };
