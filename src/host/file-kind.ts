import { stat } from "node:fs/promises";
import { systemCode } from "./system-errors.js";

/**
 * Refuses what is no file before it is opened: opening a pipe waits for whoever is at its other end, where nothing can
 * interrupt, and a device may never end. What is not there passes.
 * @throws Error with a code that `inWords` knows.
 */
export async function refuseIrregular(file: string): Promise<void> {
  const status = await stat(file).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  });
  if (!status || status.isFile()) return;
  const code = status.isDirectory() ? "EISDIR" : status.isFIFO() ? "WEIGHTSCOPE_PIPE" : "WEIGHTSCOPE_DEVICE";
  throw Object.assign(new Error(code), { code });
}
