import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { isRequired } from "./results.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixtures = `${root}test/fixtures/`;
const collection = `${root}../shared/data/`;
const bundled = `${root}examples/selftrained-llama-en.bf16.safetensors`;

/** A file of test/fixtures, or else of the collection of third-party files that may lie beside the project. */
export function data(name: string): string {
  if (name === "models/selftrained-llama-en/model.bf16.safetensors") return bundled;
  return existsSync(fixtures + name) ? fixtures + name : collection + name;
}

/** Those of some names that a clone carries. */
export const inClone = (names: readonly string[]): string[] =>
  names.filter((name) => !data(name).startsWith(collection));

/** Those of some names that only the collection has. */
export const inCollection = (names: readonly string[]): string[] =>
  names.filter((name) => data(name).startsWith(collection));

/** Debian's interpreter, the one that sees python3-numpy and python3-scipy. */
export const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

function hasNumpy(): boolean {
  try {
    execFileSync(python, ["-c", "import numpy, scipy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * What Python with numpy and scipy prints for `given` (a script's file or -c and its text, then arguments) and an
 * input. A clone carries what it printed (test/fixtures/oracle, by a digest of script, arguments and input), so that
 * nobody needs Python; it is asked itself where WEIGHTSCOPE_REQUIRE names numpy, for files of the collection, and to
 * write down what is new where WEIGHTSCOPE_RECORD is set.
 */
export function oracle(name: string, given: readonly string[], input = ""): string {
  const said = given.map((one) => {
    if (one.endsWith(".py") && existsSync(one)) return readFileSync(one, "utf8");
    return one.replace(root, "");
  });
  const digest = createHash("sha256")
    .update(JSON.stringify([said, input]))
    .digest("hex")
    .slice(0, 12);
  const kept = `${fixtures}oracle/${name}-${digest}.txt`;
  const live = isRequired("numpy") || process.env.WEIGHTSCOPE_RECORD;
  if (!live && existsSync(kept)) return readFileSync(kept, "utf8");
  const printed = execFileSync(python, given, { input, maxBuffer: 1 << 28, encoding: "utf8" });
  if (process.env.WEIGHTSCOPE_RECORD && !given.some((one) => one.startsWith(collection))) {
    mkdirSync(path.dirname(kept), { recursive: true });
    writeFileSync(kept, printed);
  }
  return printed;
}

/** What a clone need not have, and whether it is here. test/support/reporter.ts says how each is had. */
const present = {
  collection: () => existsSync(collection),
  numpy: hasNumpy,
  python: () => existsSync("/usr/bin/python3"),
};
type Need = keyof typeof present;

/**
 * Runs a suite where all it needs is here. Otherwise it is left out, and named in the run's last line; or fails, where
 * WEIGHTSCOPE_REQUIRE names the need (`collection,numpy,hosts,browsers`), as CI does for all it has installed.
 */
export function describeNeeding(needs: readonly Need[], name: string, suite: () => void): void {
  const missing = needs.filter((need) => !isRequired(need) && !present[need]());
  if (missing.length === 0) describe(name, suite);
  else describe.skipIf(true)(name, () => it(`needs ${missing.join(" and ")}`, () => {}));
}
