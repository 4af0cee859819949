import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ScalingRow } from "../../src/index.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

function weightscope(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/cli.js", "scaling", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
}

describe("weightscope scaling", () => {
  it("prints tables of 80 columns, the published figures beside the measured ones", () => {
    const { status, stdout, stderr } = weightscope("--only", "compression,norms,amplitude,rules");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    for (const line of stdout.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/XL +4096 +32 +8 +12,582,912 +556 +556\.3 +yes/);
    expect(stdout).toMatch(/K = d\/16 +16\.0/);
  });

  it("json: an array a table, each row with its four figures; the same bytes twice", () => {
    const first = weightscope("--only", "compression,norms", "--format", "json");
    const second = weightscope("--only", "norms,compression", "--format", "json", "--threads", "1");
    expect(second.stdout).toBe(first.stdout);
    const tables = JSON.parse(first.stdout) as Record<string, ScalingRow[]>;
    expect(Object.keys(tables)).toEqual(["compression", "norms"]);
    for (const row of Object.values(tables).flat())
      expect(Object.keys(row)).toEqual(expect.arrayContaining(["published", "measured", "agrees", "note"]));
  });

  it("csv and markdown", () => {
    const lines = weightscope("--only", "compression", "--format", "csv").stdout.split("\r\n");
    expect(lines[0]).toBe(
      "table,model,parameters,width,layers,rule,gaussians,amplitudes,noiseLaw,energy,published,measured,agrees,note",
    );
    expect(lines).toHaveLength(10);
    expect(weightscope("--only", "compression", "--format", "markdown").stdout).toContain(
      "| XL | 4096 | 32 | 8 | 12,582,912 | 556 | 556.3 | yes |",
    );
  });

  it("docs/paper.md holds what the commands print", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/paper.mjs", "--check", "--only", "compression"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stderr).toBe("weightscope scaling --only compression --format markdown\n");
    expect(status).toBe(0);
  });

  it("says what is wrong", () => {
    expect(weightscope("--only", "sizes")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^weightscope: --only takes .*not "sizes"\n$/),
    });
    expect(weightscope("model.safetensors")).toMatchObject({ status: 2, stdout: "" });
    expect(weightscope("--only", "norms", "--checkpoint", "/nowhere/at.all")).toMatchObject({ status: 1, stdout: "" });
    expect(weightscope("--corpus", "/nowhere/at.all")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: "weightscope: /nowhere/at.all: no such file or directory\n",
    });
    expect(weightscope("--corpus", "-")).toMatchObject({ status: 2, stdout: "" });
    expect(weightscope("--energy", "2")).toMatchObject({ status: 2, stdout: "" });
  });
});
