import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { noticesOf } from "../../scripts/bundle.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "weightscope-notices-"));
afterAll(() => rmSync(folder, { recursive: true }));

function plant(name: string, licence: string | null): void {
  mkdirSync(path.join(folder, name), { recursive: true });
  const manifest = JSON.stringify({ name, version: "1.2.3", license: "MIT" });
  writeFileSync(path.join(folder, name, "package.json"), manifest);
  if (licence !== null) writeFileSync(path.join(folder, name, "LICENSE.md"), licence);
}

describe("notices of what is bundled", () => {
  it("hold each package's licence, in the order of their names", () => {
    plant("zeta", "Copyright Zeta");
    plant("@scope/alpha", "Copyright Alpha");
    const notices = noticesOf(["zeta", "@scope/alpha"], folder);
    expect(notices).toMatch(
      /@scope\/alpha 1\.2\.3 \(MIT\)\n\nCopyright Alpha\n[\s\S]*zeta 1\.2\.3 \(MIT\)\n\nCopyright Zeta/,
    );
  });

  it("are refused where a package has none", () => {
    plant("bare", null);
    expect(() => noticesOf(["bare"], folder)).toThrow("bare is bundled, and has no licence file");
  });

  it("name in the package what stands in its files", () => {
    const notices = readFileSync("dist/THIRD-PARTY-NOTICES", "utf8");
    for (const name of ["@assemblyscript/loader", "assemblyscript", "cli-progress"])
      expect(notices).toMatch(new RegExp(`^${name} \\d`, "m"));
  });
});

describe("the package's files", () => {
  it("hold each build of the kernels once, and as a module where modules are imported", () => {
    const files = readdirSync("dist", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const name of ["plain", "relaxed", "quantized"]) {
      const digits = readFileSync(`build/${name}.wasm`).toString("hex");
      const holders = files.filter((file) =>
        readFileSync(path.join(file.parentPath, file.name), "latin1").includes(digits),
      );
      expect(holders.map((file) => file.name)).toEqual([expect.stringMatching(new RegExp(`^${name}-`))]);
    }
  });

  it("declare what is exported, in one file an entry", () => {
    const declarations = readdirSync("dist/types", { recursive: true })
      .map(String)
      .filter((file) => file.endsWith(".ts"));
    const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
      exports: Record<string, { types?: string }>;
    };
    const typed = Object.values(exports).flatMap(({ types }) => types?.replace("./dist/types/", "") ?? []);
    const entries = [...new Set(typed)];
    expect(entries.length).toBeGreaterThan(3);
    expect(declarations.sort()).toEqual(entries.sort());
    expect(readFileSync("dist/types/index.d.ts", "utf8")).not.toMatch(/from "\.|@internal/);
  });
});
