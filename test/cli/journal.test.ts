import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ended, example, folder, run, start } from "./run.js";

const made = folder();
const options = ["--gaussians", "8", "--include", "layers", "--seed", "3"];
let whole: string;
beforeAll(async () => {
  whole = (await run(["analyze", example, ...options, "--format", "json"])).stdout;
});

describe("analyze --journal", () => {
  it("killed at any moment, the same command goes on, and the report is that of one run", async () => {
    const journal = path.join(made, "killed.jsonl");
    const command = ["analyze", example, ...options, "--format", "json", "--threads", "1", "--journal", journal];
    const lines = () => (existsSync(journal) ? readFileSync(journal, "utf8").split("\n").length : 0);
    for (const wanted of [3, 9, 15]) {
      const child = start(command);
      const end = ended(child);
      const gone = end.then(() => true);
      while (lines() < wanted && !(await Promise.race([gone, new Promise((go) => setTimeout(go, 2, false))])));
      child.kill("SIGKILL");
      await end;
    }
    writeFileSync(journal, '{"key":"torn', { flag: "a" });
    const last = await run(command);
    expect(last.stdout).toBe(whole);
    expect(last.stderr).toContain("done again");
    expect(last.status).toBe(0);
    const keys = [...readFileSync(journal, "utf8").matchAll(/^\{"key":"([0-9a-f]{32})"/gm)].map(([, key]) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBe(JSON.parse(whole).matrices.length);
  });

  it("in parts, and merge in any format, are one analysis", async () => {
    const parts = [1, 2, 3].map((k) => path.join(made, `part${k}.jsonl`));
    for (const [k, journal] of parts.entries()) {
      const done = await run(["analyze", example, ...options, "--part", `${k + 1}/3`, "--journal", journal]);
      expect(done).toMatchObject({ status: 0, stdout: "" });
      expect(done.stderr).toContain(`part ${k + 1} of 3`);
    }
    expect((await run(["merge", example, ...parts, "--format", "json"])).stdout).toBe(whole);
    for (const format of ["table", "csv", "markdown", "html"]) {
      const [merged, direct] = await Promise.all([
        run(["merge", example, ...parts, "--format", format]),
        run(["analyze", example, ...options, "--format", format]),
      ]);
      // A table and a page draw singular values, which json does not keep.
      if (["csv", "markdown"].includes(format)) expect(merged.stdout).toBe(direct.stdout);
      else expect(merged.status).toBe(0);
    }
    const some = await run(["merge", example, parts[0], parts[2]]);
    expect(some).toMatchObject({ status: 1, stdout: "" });
    expect(some.stderr).toMatch(/in no journal: ".*--complete.*--partial/);
    const partial = await run(["merge", example, parts[0], "--partial", "--format", "json"]);
    expect(JSON.parse(partial.stdout).source.notes.join()).toContain("in no journal");
    expect((await run(["merge", example, parts[1], "--complete", "--format", "json"])).stdout).toBe(whole);
    const verified = await run(["merge", example, ...parts, "--verify", "3", "--format", "json"]);
    expect(verified).toMatchObject({ status: 0, stdout: whole });
    expect(verified.stderr).toContain("3 matrices computed again: the same bits");
    const forged = path.join(made, "forged.jsonl");
    writeFileSync(forged, readFileSync(parts[0], "utf8").replace(/"excessKurtosis":/g, '"excessKurtosis":1'));
    const refused = await run(["merge", example, forged, parts[1], parts[2], "--verify", "999"]);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toContain("computed again it has other figures than its journal");
  });

  it("says what is wrong with the command line, in a line", async () => {
    for (const [args, words] of [
      [["analyze", example, "--part", "1/2"], /--part needs --journal/],
      [["analyze", example, "--part", "3/2", "--journal", "x"], /--part takes K\/N/],
      [["merge", example], /needs SOURCE JOURNAL/],
      [["merge", example, "x", "--complete", "--partial"], /exclude each other/],
    ] as const) {
      const { status, stderr } = await run([...args]);
      expect(status).toBe(2);
      expect(stderr).toMatch(words);
    }
    const other = path.join(made, "other.jsonl");
    writeFileSync(other, "name,norm\n");
    expect(await run(["analyze", example, "--journal", other])).toMatchObject({ status: 1, stdout: "" });
    expect(readFileSync(other, "utf8")).toBe("name,norm\n");
    expect(existsSync(`${other}.lock`)).toBe(false);
  });
});
