import { fileURLToPath } from "node:url";
import type { Browser, ElementHandle } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer } from "../../src/cli/static-server.js";
import { describeInBrowsers, launch, newPage, waitForText } from "./browsers.js";
import { watched, watchWorkers } from "./watch-workers.js";

const at = (place: string): string => fileURLToPath(new URL(`../../${place}`, import.meta.url));

/** Where a worker started the workers, Firefox stood still in one of some fifteen (scripts/nested-workers.mjs). */
const ANALYSES = 12;

describeInBrowsers((name) => {
  let browser: Browser;
  let site: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launch(name), startServer(at("dist/web"), 0)]);
  });
  afterAll(async () => {
    await browser?.close();
    site?.server.close();
  });

  it(`starts its workers ${ANALYSES} times in a row`, async () => {
    const { page, faults } = await newPage(browser);
    for (let i = 0; i < ANALYSES; i++) {
      await page.goto(site.address);
      const input = (await page.$("#files")) as ElementHandle<HTMLInputElement>;
      await input.uploadFile(at("examples/selftrained-llama-en.bf16.safetensors"));
      await waitForText(page, "#doing", /^Done|· [1-9]/);
    }
    expect(faults).toEqual([]);
  });

  it("has no more workers than cores where two checkpoints are compared", async () => {
    const { page, faults } = await newPage(browser);
    await watchWorkers(page);
    await page.goto(site.address);
    const input = (await page.$("#files")) as ElementHandle<HTMLInputElement>;
    const model = "test/fixtures/models/selftrained-llama-en/model.Q4_K_M.gguf";
    await input.uploadFile(at("examples/selftrained-llama-en.bf16.safetensors"), at(model));
    await waitForText(page, "#doing", /^Waits for other work/);
    await waitForText(page, "#panel-compare .change", /of their norm/);
    await waitForText(page, "#doing", /^Done|· [1-9]/);
    const { most } = await watched(page);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(await page.evaluate(() => Math.max(2, navigator.hardwareConcurrency)));
    expect(faults).toEqual([]);
  });
});
