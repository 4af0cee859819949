/** Chromium and the built page, for scripts that look at it. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { CHROMIUM_FLAGS, chromium } from "../test/support/browsers.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const example = `${root}examples/selftrained-llama-en.bf16.safetensors`;

/** Runs `work(browser, address)` beside `weightscope serve`. */
export async function withPage(work) {
  const server = spawn(process.execPath, [`${root}dist/cli.js`, "serve", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await new Promise((resolve, reject) => {
    server.stdout.once("data", (line) => resolve(String(line).trim()));
    server.once("exit", (code) => reject(new Error(`weightscope serve ended with ${code}; npm run build makes it`)));
  });
  const browser = await puppeteer.launch({
    executablePath: chromium ?? "chromium",
    args: [...CHROMIUM_FLAGS, "--font-render-hinting=none"],
  });
  try {
    await work(browser, address);
  } finally {
    await browser.close();
    server.removeAllListeners("exit");
    server.kill("SIGINT");
  }
}

export async function openFile(page, file) {
  await (await page.$("#files")).uploadFile(file);
  await page.waitForFunction(() => /^Done/.test(document.querySelector("#doing").textContent), { timeout: 180_000 });
}
