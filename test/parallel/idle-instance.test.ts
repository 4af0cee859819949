import { afterEach, beforeEach, expect, it } from "vitest";
import { analyze } from "../../src/index.js";
import { safetensors } from "../checkpoint/files.js";
import { f32 } from "../cli/run.js";

const { Instance } = WebAssembly;
let made = 0;
const counted = new Proxy(Instance, {
  construct(target, given: ConstructorParameters<typeof Instance>) {
    made++;
    return new target(...given);
  },
});
beforeEach(() => void (WebAssembly.Instance = counted));
afterEach(() => void (WebAssembly.Instance = Instance));

const file = safetensors([f32("a.weight", [24, 40]), f32("b.weight", [9, 6])]);

it("the calling thread's instance is kept for the next run, where it may not be at work any more", async () => {
  const before = JSON.stringify(await analyze(file, { threads: 1 }));
  made = 0;
  expect(JSON.stringify(await analyze(file, { threads: 1 }))).toBe(before);
  expect(made).toBe(0);
  // Two at once have one each.
  const both = await Promise.all([analyze(file, { threads: 1 }), analyze(file, { threads: 1 })]);
  expect(both.map((report) => JSON.stringify(report))).toEqual([before, before]);
  expect(made).toBe(1);
});

it("one that was broken off is not", async () => {
  await analyze(file, { threads: 1 });
  const ending = new AbortController();
  const onMatrix = () => ending.abort(new Error("enough"));
  await expect(analyze(file, { threads: 1, signal: ending.signal, onMatrix })).rejects.toThrow("enough");
  made = 0;
  await analyze(file, { threads: 1 });
  expect(made).toBe(1);
});
