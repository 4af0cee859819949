/**
 * Peers from npm, installed on demand in bench/peers/ from the lockfile there; without them their rows are left out.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("peers/", import.meta.url));
const require = createRequire(path.join(folder, "package.json"));
let installed;

function install() {
  if (installed !== undefined) return installed;
  try {
    if (!existsSync(path.join(folder, "node_modules"))) {
      console.error("installing the peers from npm into bench/peers/ …");
      execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    }
    installed = true;
  } catch {
    console.error("the peers from npm are not to be had: their rows are left out");
    installed = false;
  }
  return installed;
}

/** TensorFlow.js on its WebAssembly backend, SIMD and one thread; null where it cannot be installed. */
export async function loadTensorflow() {
  if (!install()) return null;
  /** A module that is installed beside, by its name: no dependency. @returns {any} */
  const installedModule = (name) => require(`@tensorflow/${name}`);
  const tensorflow = installedModule("tfjs-core");
  const { setWasmPaths, setThreadsCount } = installedModule("tfjs-backend-wasm");
  setWasmPaths(path.join(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist/"));
  setThreadsCount(1);
  tensorflow.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  await tensorflow.setBackend("wasm");
  await tensorflow.ready();
  return tensorflow;
}

export const loadMlMatrix = () => (install() ? require("ml-matrix") : null);
export const loadLevenbergMarquardt = () => (install() ? require("ml-levenberg-marquardt").levenbergMarquardt : null);
