import { execFile } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** A copy of the tree, in which what each rule forbids is planted. */
const copy = mkdtempSync(path.join(tmpdir(), "weightscope-planted-"));
afterAll(() => rmSync(copy, { recursive: true }));
beforeAll(async () => {
  const { stdout } = await run("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, maxBuffer: 1 << 26 });
  const copied = /^(?:src|scripts|test\/(?:host|support)|assembly)\/|^[^/]*$/;
  for (const file of stdout.split("\n").filter((name) => name && copied.test(name)))
    cpSync(path.join(root, file), path.join(copy, file));
  cpSync(path.join(root, "build"), path.join(copy, "build"), {
    recursive: true,
    filter: (from) => !/build\/(?:hosts|results|types|stryker)/.test(from),
  });
  symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  await run("git", ["init", "-q"], { cwd: copy });
});

/** What `npm run check` says of one rule. */
async function check(name: string): Promise<{ passed: boolean; text: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, ["scripts/check.mjs", name], { cwd: copy });
    return { passed: true, text: stdout + stderr };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { passed: false, text: stdout + stderr };
  }
}

/** The rule refuses what is planted, by name; that it passes without is what `npm run check` itself says. */
async function refuses(rule: string, plant: () => void, message: RegExp, ...files: string[]): Promise<void> {
  const before = files.map((file) => readFileSync(path.join(copy, file)));
  plant();
  const planted = await check(rule);
  files.forEach((file, i) => {
    writeFileSync(path.join(copy, file), before[i]);
  });
  expect(planted.passed).toBe(false);
  expect(planted.text).toMatch(message);
}

const add = (file: string, text: string): void => appendFileSync(path.join(copy, file), text);
const change = (file: string, from: string | RegExp, to: string): void => {
  const text = readFileSync(path.join(copy, file), "utf8");
  expect(text).toMatch(from);
  writeFileSync(path.join(copy, file), text.replace(from, to));
};

describe("npm run check refuses", () => {
  const chunks = "src/base/chunks.ts";
  const random = "src/base/random.ts";
  const browser = "src/host/browser.ts";

  it("an import that points up the stair", () =>
    refuses(
      "imports",
      () => add(chunks, 'export { jsonText } from "../report/json.js";\n'),
      /base-imports-down: src\/base\/chunks\.ts → src\/report\/json\.ts/,
      chunks,
    ));

  it("a circle, of types too", () =>
    refuses(
      "imports",
      () => {
        add(chunks, 'export type { Random } from "./random.js";\n');
        add(random, 'export type { RowRange } from "./chunks.js";\n');
      },
      /no-circle: src\/base\/(?:chunks|random)\.ts/,
      chunks,
      random,
    ));

  it("an unformatted line", () =>
    refuses("format", () => add(chunks, "export const   planted = 1\n"), /chunks\.ts[\s\S]*npm run format/, chunks));

  it("a line of more than 120 columns", () =>
    refuses("sizes", () => add(chunks, `// ${"x".repeat(120)}\n`), /chunks\.ts:\d+: 123 columns, at most 120/, chunks));

  it("an exported name without a comment, and six parameters", () =>
    refuses(
      "exports",
      () => add(chunks, "export const planted = (a = 0, b = 0, c = 0, d = 0, e = 0, f = 0) => [a, b, c, d, e, f];\n"),
      /chunks\.ts:\d+: planted has no comment\n.*chunks\.ts:\d+: 6 parameters, at most 5/,
      chunks,
    ));

  it("a value that nobody uses", () =>
    refuses("lint", () => add(chunks, "function planted() {}\n"), /noUnusedVariables/, chunks));

  it("a host without a method", () =>
    refuses(
      "types",
      () => change(browser, /YIELD_EVERY_MS/g, "YIELD_SOMETIMES"),
      /test\/host\/hosts\.types\.ts.*[\s\S]*YIELD_EVERY_MS/,
      browser,
    ));
});
