import { readFileSync } from "node:fs";
import { Worker as NodeWorker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { onYield, yieldToEvents } from "../../src/host/worker.js";
import { compileKernels } from "../../src/kernels/modules.js";
import { startWorkers } from "../../src/parallel/worker-thread.js";

/** A browser's worker as the page sees it; what it says is up to the test. */
class FakeWorker {
  static last: FakeWorker;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  ended = false;

  constructor() {
    FakeWorker.last = this;
  }
  addEventListener(): void {}
  postMessage({ type }: { type: string }): void {
    if (type === "start") queueMicrotask(() => this.say("ready"));
  }
  say(type: string): void {
    this.onmessage?.({ data: { type } });
  }
  terminate(): void {
    this.ended = true;
  }
}

const TURN_MS = 5000;
const module = await compileKernels("plain");
const start = { type: "start", module, instructions: "simd128", quantized: null } as const;

/** A started worker with a matrix in hand, and what became of that. */
async function atWork() {
  const started = startWorkers(1, { workerUrl: "https://example.org/worker.js" }, start);
  const [worker] = await started.workers;
  const state = { ended: "" };
  const shape = { name: "layers.0", rows: 1, columns: 1 } as Parameters<typeof worker.change>[0];
  worker
    .change(
      shape,
      () => new Promise(() => {}),
      {} as never,
      () => {},
    )
    .catch((error: Error) => {
      state.ended = error.message;
    });
  return { worker: FakeWorker.last, state, started };
}

const turns = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * TURN_MS);

describe("a browser's worker", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("Worker", FakeWorker);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("that falls silent with a matrix in hand rejects it after a minute, once, in one line", async () => {
    const { worker, state } = await atWork();
    worker.say("alive");
    await turns(11);
    expect(state.ended).toBe("");
    await turns(1);
    expect(state.ended).toBe('a worker crashed at "layers.0": it has said nothing for 60 s: it ended, or hangs');
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that says anything within that time goes on", async () => {
    const { worker, state } = await atWork();
    worker.say("alive");
    for (const word of ["alive", "spectrum", "alive", "seen"]) {
      await turns(11);
      worker.say(word);
    }
    expect(state.ended).toBe("");
    await turns(12);
    expect(state.ended).toMatch(/has said nothing for 60 s/);
  });

  it("is not judged by time that passes while the machine sleeps, nor where it never gave a sign", async () => {
    const { worker, state } = await atWork();
    await turns(100);
    expect(state.ended).toBe("");
    worker.say("alive");
    vi.setSystemTime(Date.now() + 24 * 3600 * 1000);
    await turns(1);
    expect(state.ended).toBe("");
  });

  it("is watched no longer once it is ended, whatever it says then", async () => {
    const { worker, state, started } = await atWork();
    worker.say("alive");
    started.terminate();
    expect(worker.ended).toBe(true);
    worker.say("alive");
    expect(vi.getTimerCount()).toBe(0);
    await turns(100);
    expect(state.ended).toBe("");
  });
});

describe("the workers' script", () => {
  it("says that it is alive as soon as it is ready, and ends though its timer runs", async () => {
    const script = readFileSync(new URL("../../build/worker.js", import.meta.url), "utf8");
    const text = (await import(`data:text/javascript,${encodeURIComponent(script)}`)) as { default: string };
    const worker = new NodeWorker(text.default, { eval: true });
    const said: string[] = [];
    worker.on("message", ({ type }: { type: string }) => {
      said.push(type);
      if (type === "alive") worker.postMessage({ type: "end" });
    });
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    worker.postMessage(start);
    expect(await ended).toBe(0);
    expect(said).toEqual(["ready", "alive"]);
  });

  it("hears of every look for events", async () => {
    let looks = 0;
    onYield(() => looks++);
    await yieldToEvents();
    await yieldToEvents();
    onYield(() => {});
    expect(looks).toBe(2);
  });
});
