import { describe, expect, it } from "vitest";
import { analyze } from "../../src/index-node.js";
import { compileKernels } from "../../src/kernels/modules.js";
import { startWorkers } from "../../src/parallel/worker-thread.js";
import { example } from "../cli/run.js";

/** A worker that runs `body` for each message; `type` is the message's, `say` answers. */
const worker = (body: string): string =>
  `data:text/javascript,${encodeURIComponent(`
    const { parentPort } = process.getBuiltinModule("node:worker_threads");
    const say = (type) => parentPort.postMessage({ type });
    parentPort.on("message", ({ type }) => { ${body} });`)}`;

const ready = 'if (type === "start") say("ready");';

describe("a worker that", () => {
  const rejected = async (body: string): Promise<string> => {
    const begun = performance.now();
    const error = await analyze(example, { threads: 2, gaussians: [4], workerUrl: worker(body) }).then(
      () => null,
      (reason: Error) => reason,
    );
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(error).toBeInstanceOf(Error);
    return error!.message;
  };

  it("ends before it is ready rejects, whatever its exit code", async () => {
    expect(await rejected("process.exit(0)")).toMatch(/^workerUrl: no worker starts from .*exit code 0/);
    expect(await rejected("process.exit(3)")).toMatch(/^workerUrl: no worker starts from .*exit code 3/);
    expect(await rejected("throw new Error('no luck')")).toMatch(/^workerUrl: no worker starts from .*no luck/);
    expect(await rejected('say("hello")')).toMatch(/^workerUrl: .*did not start/);
  });

  it("ends with work in hand rejects with the matrix's name", async () => {
    expect(await rejected(`${ready} else process.exit(0);`)).toMatch(/^a worker crashed at "model\..*exit code 0/);
    expect(await rejected(`${ready} else throw new Error("no luck");`)).toMatch(/^a worker crashed at .*no luck/);
  });

  it("never says that it is ready rejects after a stated time, and starts no other work", async () => {
    const module = await compileKernels("plain");
    const start = { type: "start", module, instructions: "simd128", quantized: null } as const;
    const silent = startWorkers(1, { workerUrl: worker("") }, start, 300);
    await expect(silent.workers).rejects.toThrow(/did not say within 0\.3 s that it is ready$/);
    silent.terminate();
  });

  it("is gone when work comes to it rejects that work at once", async () => {
    const module = await compileKernels("plain");
    const start = { type: "start", module, instructions: "simd128", quantized: null } as const;
    const started = startWorkers(1, { workerUrl: worker(`${ready} setTimeout(() => process.exit(0), 20);`) }, start);
    const [one] = await started.workers;
    await new Promise((resolve) => setTimeout(resolve, 400));
    const shape = { name: "late", rows: 1, columns: 1 } as Parameters<typeof one.change>[0];
    const work = one.change(
      shape,
      () => Promise.reject(new Error("unread")),
      {} as never,
      () => {},
    );
    await expect(work).rejects.toThrow(/^a worker crashed at "late": the worker ended with exit code 0$/);
    started.terminate();
  });
});
