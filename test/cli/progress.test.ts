import { expect, it, vi } from "vitest";
import { ProgressMeter } from "../../src/analyze/progress.js";
import { barProgress, plainProgress } from "../../src/cli/progress.js";
import { paceOf } from "../../src/distribute/carrier.js";
import { paceLines } from "../../src/report/queue.js";

it("plain lines say the time left by cost, not by bytes", () => {
  const lines: string[] = [];
  let now = 0;
  const plain = plainProgress(
    (line) => lines.push(line),
    () => now,
  );
  const matrices = [
    { name: "cheap", byteLength: 900 },
    { name: "dear", byteLength: 100 },
  ];
  const meter = new ProgressMeter(matrices, (progress) => plain.update(progress), [1, 9]);
  meter.read(0, 1);
  now = 10_000;
  meter.finish(0);
  now = 55_000;
  meter.spectrum(1, 0);
  meter.finish(1);
  expect(lines[0]).toMatch(/^0 %/);
  expect(lines[0]).not.toContain("left");
  // A tenth of the cost in 10 s, nine tenths of the bytes.
  expect(lines[1]).toBe("90 %, 900 bytes of 1.0 kB, about 90 s left");
  expect(lines[2]).toMatch(/about 45 s left$/);
  expect(lines[3]).toBe("100 %, 1.0 kB of 1.0 kB");
});

it("a bar fills and says the time left by cost", async () => {
  const written: string[] = [];
  const stream = { isTTY: true, columns: 100, write: (text: string) => written.push(text) > 0 };
  const bar = await barProgress(stream as unknown as NodeJS.WriteStream);
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  try {
    // Nine tenths of the bytes are a tenth of the cost.
    const update = { done: 900, total: 1000, unit: "bytes", share: 0.1, label: "dear" };
    bar.update({ ...update, done: 0, share: 0 });
    vi.advanceTimersByTime(10_000);
    bar.update(update);
    vi.advanceTimersByTime(1000);
    bar.update(update);
    expect(written.join("")).toMatch(/ 10 % {2}900 bytes of 1\.0 kB {2}1:(?:30|39) left {2}dear/);
  } finally {
    bar.clear();
    vi.useRealTimers();
  }
});

it("a queue's rate is that of its last jobs, and the time left is by it", () => {
  const counts = { waiting: 50, active: 8, delayed: 2, done: 40, failed: 1, workers: 3 };
  const pace = paceOf(counts, 32, 1_000, 17_000);
  expect(pace).toEqual({ jobsPerSecond: 2, secondsLeft: 30 });
  expect(paceLines(pace)).toEqual(["rate     2.00 jobs a second", "left     about 30 s"]);
  expect(paceLines(paceOf(counts, 1, 0, 4_000))).toEqual(["rate     15.0 jobs a minute", "left     about 4 min"]);
  expect(paceOf({ ...counts, workers: 0 }, 32, 0, 16_000)).toEqual({ jobsPerSecond: 2, secondsLeft: null });
  expect(paceOf({ ...counts, waiting: 0, active: 0, delayed: 0 }, 32, 0, 16_000).secondsLeft).toBe(0);
  for (const nothing of [paceOf(counts, 0, 0, 5), paceOf(counts, 3, 5, 5), paceOf(counts, 3, 6, 5)])
    expect(paceLines(nothing)).toEqual([]);
});
