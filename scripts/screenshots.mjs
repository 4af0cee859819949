/**
 * The pictures of docs/images, of the built page and the bundled example: `npm run build && node
 * scripts/screenshots.mjs`.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { example, openFile, root, withPage } from "./browser.mjs";

const LARGEST = 200_000;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function shoot(page, name) {
  const file = `${root}docs/images/${name}.png`;
  await page.mouse.move(0, 0);
  await page.screenshot({ path: file, optimizeForSpeed: false });
  const { size } = statSync(file);
  console.log(`${name}.png ${size} bytes`);
  if (size > LARGEST) throw new Error(`${name}.png is larger than ${LARGEST} bytes`);
}

await withPage(async (browser, address) => {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 860 });
  await page.goto(address);
  await shoot(page, "start");
  await openFile(page, example);
  await pause(900);
  await shoot(page, "overview");
  await page.click("#tab-matrices");
  await page.waitForSelector(".grid .body .row:not(.group):not([hidden])");
  await page.type("#panel-matrices input[type=search]", "q_proj");
  await pause(300);
  await page.click(".grid .body .row:not(.group):not([hidden])");
  await page.waitForFunction(() => /Best row: \d/.test(document.querySelector(".matrix").textContent), {
    timeout: 60_000,
  });
  await pause(600);
  await page.evaluate(() => document.querySelectorAll(".matrix figure")[0].scrollIntoView({ block: "start" }));
  await pause(300);
  await shoot(page, "matrix");
  await page.evaluate(() => scrollTo(0, 0));
  await page.select("#theme", "dark");
  await page.click("#tab-paper");
  await pause(300);
  await shoot(page, "paper-dark");
  await page.select("#theme", "");
  await page.setViewport({ width: 390, height: 780, deviceScaleFactor: 2 });
  await page.click("#tab-overview");
  await pause(500);
  await shoot(page, "phone");

  const folder = mkdtempSync(path.join(tmpdir(), "weightscope-"));
  const name = path.basename(example);
  const file = "report.html";
  const options = [
    "--null",
    "--svd",
    "--gaussians",
    "auto,8,d/32,d/8",
    "--format",
    "html",
    "--output",
    file,
    "--quiet",
  ];
  try {
    // The command is in the picture: no folder of this machine is.
    copyFileSync(example, path.join(folder, name));
    execFileSync(process.execPath, [`${root}dist/cli.js`, "analyze", name, ...options], { cwd: folder });
    await page.setViewport({ width: 1180, height: 900 });
    await page.goto(pathToFileURL(path.join(folder, file)).href);
    await shoot(page, "report");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
