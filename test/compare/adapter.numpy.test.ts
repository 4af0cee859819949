import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { extractAdapter } from "../../src/index.js";
import { describeNeeding, python } from "../support/data.js";
import { models } from "./models.js";

describeNeeding(["numpy"], "an adapter merged by numpy as PEFT merges it", () => {
  it.each([true, false])("leaves of the change what it says, with the rest %s", async (rest) => {
    const folder = mkdtempSync(path.join(tmpdir(), "weightscope-adapter-"));
    try {
      const { files, report } = extractAdapter(models.base, models.full, { rank: 8, rest });
      for await (const { name, bytes } of files)
        writeFileSync(path.join(folder, name), new Uint8Array(await new Response(bytes as never).arrayBuffer()));
      const script = new URL("../oracle/merge.py", import.meta.url).pathname;
      const said = execFileSync(python, [script, models.base, folder, models.full], { encoding: "utf8" });
      const { inAll, left } = JSON.parse(said) as { inAll: number; left: Record<string, number> };
      const { adapter } = await report;
      // Factors in bf16 lose a few parts in 10⁵ of what they hold.
      expect(1 - inAll).toBeCloseTo(adapter!.held, 3);
      expect(adapter!.held).toBeCloseTo(rest ? 0.6724 : 0.5686, 3);
      expect(left["model.norm.weight"]).toBe(rest ? 0 : 1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
