import { existsSync } from "node:fs";
import path from "node:path";

/**
 * The first of these that is there, or null.
 * @param {(string | null | undefined)[]} candidates a path, or a command on PATH
 * @returns {string | null}
 */
export function find(...candidates) {
  for (const candidate of candidates) {
    if (!candidate) continue;
    const paths = candidate.includes("/")
      ? [candidate]
      : (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, candidate));
    const found = paths.find((file) => existsSync(file));
    if (found) return found;
  }
  return null;
}

export const chromium = find(process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome");
export const firefox = find(process.env.FIREFOX, "firefox-esr", "firefox");

/** Chromium as a test wants it: no rights of its own to drop, and nothing fetched that no test asked for. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
