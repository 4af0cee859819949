import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/command.js";
import { sweepPoint } from "../../src/cli/sweep-points.js";

describe("sweepPoint", () => {
  it.each([
    ["0.25", { budget: 0.25 }],
    ["1/4", { budget: 0.25 }],
    ["1", { budget: 1 }],
    [".5", { budget: 0.5 }],
    ["signal", "signal"],
    ["energy=0.9", { energy: 0.9 }],
    ["energy=9/10", { energy: 0.9 }],
    ["rank=37", { rank: 37 }],
    ["gaussians=8", { gaussians: "8" }],
    ["gaussians=auto", { gaussians: "auto" }],
    ["gaussians=d/16", { gaussians: "d/16" }],
  ])("%s", (text, keep) => expect(sweepPoint(text, "--sweep")).toEqual({ asked: text, keep }));

  it.each(["", "0", "1.5", "3/2", "-1/4", "1/0", "x", "0x1", "energy=2", "rank=0", "rank=1.5", "gaussians=d", "NaN"])(
    "%j is no point",
    (text) => expect(() => sweepPoint(text, "--sweep")).toThrow(UsageError),
  );

  it("says what it takes", () => {
    expect(() => sweepPoint("half", "--sweep")).toThrow(
      '--sweep takes a share above 0 up to 1, such as 0.25 or 1/4, not "half"',
    );
    expect(() => sweepPoint("rank=x", "--sweep")).toThrow('--sweep rank= takes a whole number of at least 1, not "x"');
  });
});
