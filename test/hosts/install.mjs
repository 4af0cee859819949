/**
 * Installs the pinned hosts (Node 20, 22, 24 and arm64, Deno, Bun, workerd) into build/hosts, outside the package's own
 * dependencies. Browsers and qemu come from the system's packages: .ci/run installs Debian's.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const pinned = fileURLToPath(new URL("pinned/", import.meta.url));
const target = fileURLToPath(new URL("../../build/hosts/", import.meta.url));

function install(from, to, flags) {
  mkdirSync(to, { recursive: true });
  const lock = readFileSync(path.join(from, "package-lock.json"), "utf8");
  const done = path.join(to, "node_modules/installed-lock.json");
  if (existsSync(done) && readFileSync(done, "utf8") === lock) return;
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(path.join(from, file), path.join(to, file));
  const run = () =>
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", ...flags], { cwd: to, stdio: "inherit" });
  try {
    run();
  } catch {
    run(); // once more: a registry may fail in passing
  }
  const wanted = Object.keys(JSON.parse(readFileSync(path.join(to, "package.json"), "utf8")).optionalDependencies);
  const missing = wanted.filter((name) => !existsSync(path.join(to, "node_modules", name)));
  if (missing.length > 0) console.error(`not installed, which an optional dependency may be: ${missing.join(", ")}`);
  else writeFileSync(done, lock);
}

install(pinned, target, []);
if (process.platform === "linux")
  install(path.join(pinned, "arm64"), path.join(target, "arm64"), ["--os=linux", "--cpu=arm64"]);
