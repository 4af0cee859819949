import { readFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { analyze } from "../../src/index-node.js";

const example = new Uint8Array(
  readFileSync(new URL("../../examples/selftrained-llama-en.bf16.safetensors", import.meta.url)),
);

/** The codes that workers started by `work` exit with: one that is terminated has 1. */
async function exitCodes(work: (done: (message: (type: string) => void) => void) => Promise<unknown>) {
  const codes: Promise<number>[] = [];
  let heard: (type: string) => void = () => {};
  const seen = (worker: Worker): void => {
    codes.push(new Promise((resolve) => void worker.on("exit", resolve)));
    worker.on("message", ({ type }: { type: string }) => heard(type));
  };
  process.on("worker", seen);
  try {
    await work((listener) => {
      heard = listener;
    });
  } finally {
    process.off("worker", seen);
  }
  return Promise.all(codes);
}

// Terminated ones may abort the process in Node 20: src/host/node-worker.ts.
test("Node's workers end by themselves when all is done", async () => {
  expect(await exitCodes(() => analyze(example, { threads: 2, away: true }))).toEqual([0, 0]);
});

test("and amid a matrix when an abort comes", async () => {
  const controller = new AbortController();
  const aborted = exitCodes((onMessage) => {
    onMessage((type) => type === "done" && controller.abort(new Error("enough")));
    const options = { threads: 2, away: true, permutations: 50, signal: controller.signal };
    return expect(analyze(example, options)).rejects.toThrow("enough");
  });
  expect(await aborted).toEqual([0, 0]);
});
