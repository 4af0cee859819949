import { expect, it } from "vitest";
import { openRaw } from "../../src/checkpoint/open.js";
import { Gate } from "../../src/web/gate.js";
import { modelFile } from "./report.js";

const file = modelFile(8);
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** A server that answers when it is told to. */
function server(): { fetch: typeof fetch; asked: string[]; unanswered: (() => void)[]; stopped: number } {
  const made = {
    asked: [] as string[],
    unanswered: [] as (() => void)[],
    stopped: 0,
    fetch: ((_, { headers, signal } = {}) =>
      new Promise((resolve, reject) => {
        const range = (headers as Record<string, string>).range;
        const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range)!.map(Number);
        const last = Math.min(to, file.length - 1);
        made.asked.push(range);
        const answer = (): void =>
          resolve(
            new Response(file.slice(from, last + 1), {
              status: 206,
              headers: { "content-range": `bytes ${from}-${last}/${file.length}` },
            }),
          );
        made.unanswered.push(answer);
        signal!.addEventListener("abort", () => {
          made.unanswered.splice(made.unanswered.indexOf(answer), 1);
          made.stopped++;
          reject(signal!.reason);
        });
      })) as typeof fetch,
  };
  return made;
}

it("asks for nothing while closed, takes back what is not answered, and goes on however often", async () => {
  const gate = new Gate();
  const site = server();
  const opening = openRaw("http://localhost/model.safetensors", {
    hold: () => gate.pass(),
    fetch: gate.fetching(site.fetch),
    backoff: 1,
  });
  const answerAll = async (): Promise<void> => {
    await settled();
    for (const answer of site.unanswered.splice(0)) answer();
    await settled();
  };
  await answerAll();
  const checkpoint = await opening;
  const [tensor] = checkpoint.tensors;
  expect(site.asked).toHaveLength(1);
  // Beyond what came with the header; more often than a request may fail.
  const last = checkpoint.tensors.at(-1)!;
  const reading = checkpoint.readBytes(last, 0, last.byteLength);
  for (let pause = 1; pause <= 8; pause++) {
    await settled();
    expect(site.unanswered).toHaveLength(1);
    gate.pause();
    await settled();
    expect(site.unanswered).toHaveLength(0);
    expect(site.stopped).toBe(pause);
    gate.resume();
  }
  gate.pause();
  await settled();
  const asked = site.asked.length;
  const other = checkpoint.readBytes(tensor, 0, tensor.byteLength);
  await settled();
  expect(site.asked).toHaveLength(asked);
  gate.resume();
  await answerAll();
  await answerAll();
  expect(await reading).toHaveLength(last.byteLength);
  expect(await other).toHaveLength(tensor.byteLength);
  await checkpoint.close();
});

it("passes on why else a request ends", async () => {
  const gate = new Gate();
  const fails = gate.fetching(() => Promise.reject(new TypeError("no")));
  await expect(fails("http://localhost/")).rejects.toThrow("no");
  const stop = new AbortController();
  const waits = gate.fetching(
    (_, init) =>
      new Promise((_resolve, reject) => init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason))),
  )("http://localhost/", { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(waits).rejects.toThrow("enough");
});
