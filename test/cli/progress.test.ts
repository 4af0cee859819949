import { expect, it } from "vitest";
import { ProgressMeter } from "../../src/analyze/progress.js";
import { plainProgress } from "../../src/cli/progress.js";

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
