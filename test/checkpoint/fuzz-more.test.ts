import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { documentedCodes } from "./codes.js";
import { tryFetch } from "./fuzz-fetch.js";
import { tryShards } from "./fuzz-shards.js";

const codes = documentedCodes();

async function counted(cases: number, work: (seed: number) => Promise<string>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let seed = 0; seed < cases; seed++) {
    const code = await work(seed).catch((error: unknown) => {
      throw new Error(`case ${seed}: ${error}`, { cause: error });
    });
    if (code !== "opened" && !codes.has(code)) throw new Error(`case ${seed}: the code "${code}" is not documented`);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}

describe("shards and indexes that do not fit", () => {
  it("open or give a documented code, and lead to no file outside their directory: 1,500 of them", async () => {
    const counts = await counted(1500, tryShards);
    expect(counts.get("opened")).toBeGreaterThan(100);
    expect(counts.size).toBeGreaterThan(12);
  });
});

describe("a server that answers anything", () => {
  it("gives the file's own values or a documented code: 400 of them", async () => {
    const counts = await counted(400, tryFetch);
    expect(counts.get("opened")).toBeGreaterThan(40);
    expect(counts.size).toBeGreaterThan(6);
  });
});

describe("readers led by what their inputs reach", () => {
  it("read or refuse, and changed inputs reach what the valid ones do not", () => {
    const printed = (cases: number): number[] => {
      const text = execFileSync(process.execPath, ["scripts/fuzz.mjs", "guided", String(cases)], { encoding: "utf8" });
      return /^(\d+) cases, (\d+) blocks, (\d+) failures$/m.exec(text)!.slice(1).map(Number);
    };
    const [few, first, none] = printed(2);
    const [many, reached, failures] = printed(60);
    expect([few, many, none, failures]).toEqual([20, 600, 0, 0]);
    expect(reached).toBeGreaterThan(1.15 * first);
  });
});
