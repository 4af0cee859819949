import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AllowedAddresses } from "../../src/distribute/allowed.js";
import type { Carrier } from "../../src/distribute/carrier.js";
import { coordinate } from "../../src/distribute/coordinate.js";
import { WorkRunner } from "../../src/distribute/work-runner.js";
import { analyze } from "../../src/index.js";
import type { AnalyzeOptions, Progress } from "../../src/types.js";
import { model } from "../analyze/models.js";
import { safetensors } from "../checkpoint/files.js";
import { FileServer } from "../checkpoint/server.js";
import { MemoryQueue } from "./memory-queue.js";

const file = safetensors(model());
const options: AnalyzeOptions = { permutations: 3, svd: true, singularValues: true, include: /layers|embed|lm_head/ };
const server = new FileServer();
let address: string;
let whole: string;
beforeAll(async () => {
  await server.start();
  server.serve("/public/model.safetensors", file);
  server.serve("/secret/model.safetensors", file);
  address = `${server.origin}/public/model.safetensors`;
  whole = JSON.stringify(await analyze(address, options));
});
afterAll(() => server.stop());

const runner = (): WorkRunner => new WorkRunner({ allow: new AllowedAddresses([`${server.origin}/public/`]) });
const over = (carrier: Carrier, more: object = {}) =>
  coordinate(address, { ...options, carrier, address, jobSeconds: 0.006, ...more });

describe("an analysis over a queue", () => {
  it("has the report of one process, byte for byte, and leaves the queue empty when it is asked to", async () => {
    const queue = new MemoryQueue(runner());
    const shares: number[] = [];
    const { report, remove } = await over(queue, { onProgress: ({ share }: Progress) => shares.push(share!) });
    expect(JSON.stringify(report)).toBe(whole);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeCloseTo(1, 9);
    expect(queue.jobs.size).toBeGreaterThan(2);
    expect([...queue.jobs.values()].join()).not.toContain("include");
    await remove();
    expect(queue.jobs.size).toBe(0);
    await queue.runner.close();
  });

  it("names matrices by their places in a worker's own plan, of a filter and of a sample too", async () => {
    for (const chosen of [
      { include: /q_proj/ },
      { exclude: /embed/, sample: { layers: 1 } },
      { include: /proj/, transpose: "none", sample: { layers: 1 }, spectrum: "none" },
    ] as const) {
      const queue = new MemoryQueue(runner());
      const { report } = await over(queue, { ...chosen, include: "include" in chosen ? chosen.include : undefined });
      const alone = await analyze(address, { ...options, include: undefined, ...chosen });
      expect(alone.matrices.length).toBeGreaterThan(0);
      expect(JSON.stringify(report)).toBe(JSON.stringify(alone));
      await queue.runner.close();
    }
  });

  it("uses what is there when it is started again, and gives out again what failed or makes no sense", async () => {
    const queue = new MemoryQueue(runner());
    await over(queue);
    const computed = queue.computed;
    expect(JSON.stringify((await over(queue)).report)).toBe(whole);
    expect(queue.computed).toBe(computed);
    const [first, second] = queue.jobs.values();
    first.state = { state: "failed", reason: "stalled" };
    second.state = { state: "done", result: '{"schemaVersion":1,"figures":[],"failed":[]}' };
    expect(JSON.stringify((await over(queue)).report)).toBe(whole);
    await queue.runner.close();
  });

  it("outlasts a server that loses jobs, and one that is away", async () => {
    const troubles: unknown[] = [];
    const queue = new MemoryQueue(runner(), (self) => {
      if (self.calls === 3) self.jobs.delete([...self.jobs.keys()][1]);
      if (self.calls === 5) throw new Error("away");
    });
    const { report } = await over(queue, { onTrouble: (error: unknown) => troubles.push(error) });
    expect(JSON.stringify(report)).toBe(whole);
    expect(troubles).toHaveLength(1);
    await queue.runner.close();
  });

  it("names what failed, and has all the rest", async () => {
    const queue = new MemoryQueue(runner());
    const queued = await coordinate(address, {
      ...options,
      carrier: queue,
      address: `${server.origin}/secret/model.safetensors`,
      jobSeconds: 0.006,
    }).catch((error: Error) => error);
    expect(queue.computed).toBe(0);
    expect(queued).not.toBeInstanceOf(Error);
    const { summary } = (queued as Awaited<ReturnType<typeof coordinate>>).report;
    expect(summary.failed[0].reason).toContain("not among the addresses");
    await queue.runner.close();
  });

  it("reads nothing outside, wherever a redirect leads", async () => {
    const { origin } = server;
    server.manner = ({ path }, response) => {
      if (!path.startsWith("/public/moved")) return false;
      response.writeHead(302, { location: `${origin}/secret/model.safetensors` });
      response.end();
      return true;
    };
    const before = server.requests.filter(({ path }) => path.startsWith("/secret")).length;
    const queue = new MemoryQueue(runner());
    const { report } = await coordinate(address, {
      ...options,
      carrier: queue,
      address: `${origin}/public/moved.safetensors`,
    });
    expect(report.summary.failed[0].reason).toContain("not among the addresses");
    expect(server.requests.filter(({ path }) => path.startsWith("/secret")).length).toBe(before);
    server.manner = () => false;
    await queue.runner.close();
  });

  it("refuses what no job may carry", async () => {
    const queue = new MemoryQueue(runner());
    await expect(over(queue, { transpose: /a/ })).rejects.toMatchObject({ code: "not-shareable" });
    await expect(over(queue, { address: `${address}?signature=1` })).rejects.toThrow(/--signed/);
    expect(queue.added).toBe(0);
  });
});
