import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import golden from "./golden.json" with { type: "json" };
import { repeated } from "./reports.js";

const document = readFileSync(new URL("../../docs/hosts.md", import.meta.url), "utf8");

describe("the golden hashes", () => {
  it("are one for a report whatever its threads and memory", () => {
    const hashes: Record<string, string> = golden;
    const repetitions = Object.keys(hashes).filter((name) => repeated.test(name));
    expect(repetitions).toHaveLength(8);
    for (const name of repetitions) expect(hashes[name]).toBe(hashes[name.replace(repeated, "")]);
  });

  it("stand each for a row of docs/hosts.md", () => {
    for (const name of Object.keys(golden)) expect(document).toContain(`\n${name.padEnd(30)} `);
  });
});
