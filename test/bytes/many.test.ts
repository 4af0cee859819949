/** Much that is open at once is no leak, and Node does not warn of one. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { safetensors } from "../checkpoint/files.js";

const COUNT = 30;
const file = safetensors(
  ["a", "b"].map((name) => ({ name, dtype: "F32", shape: [8, 6], bytes: Float32Array.from({ length: 48 }, Math.sin) })),
);
const warnings: string[] = [];
const hear = (warning: Error): void => void warnings.push(String(warning));
beforeAll(() => void process.on("warning", hear));
afterAll(() => void process.off("warning", hear));

const all = <T>(work: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: COUNT }, work));
/** Warnings are told at the next turn. */
async function quiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(warnings.splice(0)).toEqual([]);
}
const streamed = (): ReadableStream<Uint8Array> =>
  new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      controller.enqueue(file);
      controller.close();
    },
  });

it("streams, under one signal and under none", async () => {
  const { signal } = new AbortController();
  const open = [
    ...(await all(() => openCheckpoint(streamed(), { signal }))),
    ...(await all(() => openCheckpoint(streamed()))),
  ];
  const rows = await Promise.all(open.map((one) => one.readRows(one.tensors[0], 0, 8, signal)));
  for (const values of rows) expect(values.length).toBe(48);
  await Promise.all(open.map((one) => one.close()));
  await quiet();
});

it("analyses, under one signal", async () => {
  const { signal } = new AbortController();
  const reports = await all(() => analyze(streamed(), { gaussians: [2], signal }));
  for (const { matrices } of reports) expect(matrices.length).toBe(2);
  await quiet();
});

it("requests to one server, under one signal", async () => {
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const start = Number(from ?? 0);
    const end = to ? Math.min(Number(to), file.length - 1) : file.length - 1;
    const range = { "content-range": `bytes ${start}-${end}/${file.length}` };
    setTimeout(() => {
      response.writeHead(from === undefined ? 200 : 206, { "accept-ranges": "bytes", etag: '"1"', ...(from && range) });
      response.end(request.method === "HEAD" ? undefined : file.subarray(start, end + 1));
    }, 20);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { signal } = new AbortController();
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/m.safetensors`;
    const reports = await all(() => analyze(address, { gaussians: [2], signal }));
    for (const { matrices } of reports) expect(matrices.length).toBe(2);
    await quiet();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
