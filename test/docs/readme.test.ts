import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "../cli/run.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(path.join(root, "README.md"), "utf8");
const scripts = (
  JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { scripts: Record<string, string> }
).scripts;

/** `npm start` and `npx weightscope …` as arguments of the built command. */
function argumentsOf(command: string): string[] {
  if (command === "npm start") return scripts.start.replace(/^node dist\/cli\.js /, "").split(" ");
  return command.replace(/^npx weightscope /, "").split(" ");
}

describe("README", () => {
  const documents = readme + readFileSync(path.join(root, "docs/compare.md"), "utf8");
  const shown = [...documents.matchAll(/<!-- \$ (.+) -->\n```\n([\s\S]*?)\n```/g)].map(
    ([, command, text]): [string, string] => [command, text],
  );

  it("shows output", () => expect(shown.map(([command]) => command)).toContain("npm start"));

  it.each(shown)("%s prints what is shown, but for lines left out at …", async (command, text) => {
    const { status, stdout } = await run(
      argumentsOf(command).map((part) => (/^(?:examples|test)\//.test(part) ? path.join(root, part) : part)),
      { env: { COLUMNS: "80" } },
    );
    expect(status).toBe(0);
    let at = 0;
    for (const piece of text.split(/\n?^…\n/m)) {
      const found = stdout.indexOf(piece, at);
      expect(found, `not in the output of ${command}:\n${piece}`).toBeGreaterThanOrEqual(0);
      at = found + piece.length;
    }
  });

  it("has code that runs", () => {
    const [, code] = /<!-- runs -->\n```js\n([\s\S]*?)\n```/.exec(readme)!;
    const folder = mkdtempSync(path.join(tmpdir(), "weightscope-readme-"));
    try {
      const file = path.join(folder, "readme.mjs");
      writeFileSync(
        file,
        code
          .replace('"weightscope"', JSON.stringify(pathToFileURL(path.join(root, "dist/node/index.js")).href))
          .replaceAll(
            '"model.safetensors"',
            JSON.stringify(path.join(root, "examples/selftrained-llama-en.bf16.safetensors")),
          ),
      );
      const ran = spawnSync(process.execPath, [file], { encoding: "utf8" });
      expect(ran.stderr).toBe("");
      const lines = ran.stdout.trimEnd().split("\n");
      expect(lines).toHaveLength(31);
      expect(lines[0]).toMatch(/^lm_head\.weight 1\.05\d+ 0\.048\d+ as noise$/);
      expect(lines[30]).toMatch(/^0\.\d+ 128 \d/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("links to files and headings that exist", () => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-");
    for (const document of [
      "README.md",
      "docs/method.md",
      "docs/paper.md",
      "docs/compare.md",
      "docs/formats.md",
      "docs/web.md",
    ]) {
      const text = readFileSync(path.join(root, document), "utf8");
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [file, anchor] = target.split("#");
        const full = file === "" ? path.join(root, document) : path.join(root, path.dirname(document), file);
        expect(existsSync(full), `${document}: ${target}`).toBe(true);
        if (anchor)
          expect(
            [...readFileSync(full, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading)),
            `${document}: ${target}`,
          ).toContain(anchor);
      }
    }
  });
});
