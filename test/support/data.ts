import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

const folder = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const present = existsSync(folder);

/** A file of the data that lies beside the project in `../shared/data`. */
export const data = (name: string): string => folder + name;

/** Runs a suite on ../shared/data. Where the data is absent it is left out, loudly; in CI that is a failure. */
export function describeWithData(name: string, suite: () => void): void {
  if (present || process.env.CI) return void describe(name, suite);
  console.warn(`\n*** NOT RUN: "${name}" needs ../shared/data beside the project ***\n`);
  describe.skipIf(true)(name, suite);
}

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

/** As `describeWithData`, for suites that ask numpy or scipy (Debian's python3-numpy and python3-scipy) too. */
export function describeWithNumpy(name: string, suite: () => void): void {
  if (process.env.CI || hasNumpy()) return describeWithData(name, suite);
  console.warn(`\n*** NOT RUN: "${name}" needs python3-numpy and python3-scipy ***\n`);
  describe.skipIf(true)(name, suite);
}
