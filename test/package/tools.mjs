/**
 * Installs what the package's consumers are run by (Jest, Parcel, Yarn…), pinned, into build/consumers: none of it is
 * a dependency of the project.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../hosts/processes.mjs";

const pinned = fileURLToPath(new URL("pinned/", import.meta.url));
const target = fileURLToPath(new URL("../../build/consumers/", import.meta.url));

/** Where a package of them lies. */
export const toolOf = (name) => path.join(target, "node_modules", name);

/** Whether they are there; they are not where no registry answers. */
export async function installTools() {
  const lock = await readFile(path.join(pinned, "package-lock.json"), "utf8");
  const done = path.join(target, "node_modules/installed-lock.json");
  if (existsSync(done) && (await readFile(done, "utf8")) === lock) return true;
  await mkdir(target, { recursive: true });
  for (const file of ["package.json", "package-lock.json"])
    await copyFile(path.join(pinned, file), path.join(target, file));
  const install = () => run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: target });
  try {
    await install().catch(install); // once more: a registry may fail in passing
  } catch (error) {
    console.error(`the consumers' programs could not be installed: ${error.message}`);
    return false;
  }
  await writeFile(done, lock);
  return true;
}
