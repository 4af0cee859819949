/** Watches: the kernels are compiled anew when their source changes, and vitest runs again what a change touches. */
import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** Compiles the kernels; what asc refuses is said, and the tests go on with the last that compiled. */
const build = () =>
  new Promise((resolve) => {
    spawn(process.execPath, ["scripts/build.mjs", "--kernels"], { stdio: "inherit" }).on("exit", resolve);
  });

await build();
let building = Promise.resolve();
/** @type {NodeJS.Timeout | undefined} */
let soon;
watch("assembly", { recursive: true }, () => {
  clearTimeout(soon);
  soon = setTimeout(() => {
    building = building.then(build);
  }, 100);
});
const tests = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", "watch"], { stdio: "inherit" });
tests.on("exit", (status) => process.exit(status ?? 1));
