/**
 * Installs the pinned hosts (Node 20, 22, 24 and arm64, Deno, Bun, workerd) into build/hosts, outside the package's own
 * dependencies. Browsers and qemu come from the system's packages: .ci/run installs Debian's.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

const pinned = fileURLToPath(new URL("pinned/", import.meta.url));
const target = fileURLToPath(new URL("../../build/hosts/", import.meta.url));

function install(from, to, flags) {
  mkdirSync(to, { recursive: true });
  const lock = "package-lock.json", installed = path.join(to, lock);
  if (existsSync(path.join(to, "node_modules")) && existsSync(installed) && readFileSync(installed, "utf8") === readFileSync(path.join(from, lock), "utf8")) return;
  copyFileSync(path.join(from, "package.json"), path.join(to, "package.json"));
  // The lock is what says "installed", so it is put there last; `npm ci` wants it before.
  copyFileSync(path.join(from, lock), installed);
  const run = () => execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", ...flags], { cwd: to, stdio: "inherit" });
  try {
    run();
  } catch {
    run(); // once more: a registry may fail in passing
  }
}

install(pinned, target, []);
if (process.platform === "linux") install(path.join(pinned, "arm64"), path.join(target, "arm64"), ["--os=linux", "--cpu=arm64"]);
