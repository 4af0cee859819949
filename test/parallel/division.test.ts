import { describe, expect, it } from "vitest";
import { workersFor } from "../../src/parallel/division.js";

describe("workers beside the calling thread", () => {
  it("are not started for less than a tenth of a second of work, which they would cost", () => {
    expect(workersFor(99e6, 4, true)).toBe(0);
    expect(workersFor(101e6, 4, true)).toBe(3);
    expect(workersFor(101e6, 1, true)).toBe(0);
  });

  it("do all of it where the calling thread computes nothing", () => {
    expect(workersFor(1, 4, false)).toBe(4);
    expect(workersFor(1, 1, false)).toBe(0);
  });
});
