import { beforeEach, expect, it } from "vitest";
import { describeInBrowsers, textOf, waitForText } from "./browsers.js";
import { drop, HOSTILE, manyMatrices, pressed } from "./page-files.js";
import { modelFile, waves } from "./report.js";
import { type ServedPage, servedPage } from "./served-page.js";

/** The tree of stored tensors: what becomes of each, found by words and by keys. */
describeInBrowsers((name) => {
  let { page, faults } = {} as ServedPage;
  const site = servedPage(name, async () => ({}));
  beforeEach(() => {
    ({ page, faults } = site);
  });
  const small = (): Uint8Array => modelFile(3, { [HOSTILE]: { shape: [40, 40], values: waves(40, 40, 5) } });
  const rows = (): Promise<string[]> =>
    page.$$eval("#panel-tensors [role=treeitem]", (all) =>
      (all as HTMLElement[])
        .filter((one) => !one.hidden)
        .sort((a, b) => Number(a.dataset.at) - Number(b.dataset.at))
        .map((one) => [...one.children].map(({ textContent }) => textContent).join(" | ")),
    );
  const active = (): Promise<{ name: string; level: string | null; expanded: string | null; hash: string }> =>
    page.$eval("#panel-tensors [role=tree]", (tree) => {
      const row = document.getElementById(tree.getAttribute("aria-activedescendant") ?? "");
      return {
        name: row?.querySelector(".name")?.textContent ?? "",
        level: row?.getAttribute("aria-level") ?? null,
        expanded: row?.getAttribute("aria-expanded") ?? null,
        hash: location.hash,
      };
    });
  const settled = (): Promise<unknown> =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const key = async (...keys: ("ArrowDown" | "ArrowRight" | "ArrowLeft" | "Home" | "End" | "Enter")[]) => {
    for (const one of keys) {
      await page.keyboard.press(one);
      await settled();
    }
    return active();
  };

  it("shows shape, type, size and what becomes of each tensor, names as text", async () => {
    await drop(page, { "small.safetensors": small() });
    await waitForText(page, "#doing", /^Done/);
    await pressed(page, "#tab-tensors");
    await waitForText(page, "#panel-tensors", /embed_tokens/);
    const all = await rows();
    expect(all[0]).toContain(`${HOSTILE} | 40 × 40 | F32 | 6.4\u00a0kB | analysed`);
    expect(all).toContain("▾model | 13 tensors |  | 63.9\u00a0kB | 10 analysed, 3 skipped");
    expect(all.filter((row) => row.endsWith("norm.weight | 32 | F32 | 128\u00a0B | skipped: vector"))).toHaveLength(3);
    expect(await page.evaluate(() => "broken" in window)).toBe(false);
    await page.type("#panel-tensors input", "q_proj f32");
    await waitForText(page, "#panel-tensors .fields .note", /^3 of 14 tensors/);
    expect((await rows()).filter((row) => /q_proj/.test(row))).toHaveLength(3);
    await page.type("#panel-tensors input", " nowhere");
    await waitForText(page, "#panel-tensors .fields .note", /^0 of 14 tensors/);
    expect(await textOf(page, "#panel-tensors .list > .note:not([hidden])")).toBe("No tensor is left by this search.");
    expect(faults).toEqual([]);
  });

  it("is walked, opened and closed by keys, and leads to the matrix", async () => {
    await drop(page, { "m.safetensors": modelFile(3) });
    await waitForText(page, "#doing", /^Done/);
    await pressed(page, "#tab-tensors");
    await waitForText(page, "#panel-tensors", /embed_tokens/);
    await page.focus("#panel-tensors [role=tree]");
    await settled();
    expect(await active()).toMatchObject({ name: "model", level: "1", expanded: "true" });
    expect(await key("ArrowLeft")).toMatchObject({ name: "model", expanded: "false" });
    expect(await rows()).toHaveLength(1);
    expect(await key("ArrowRight", "ArrowRight")).toMatchObject({ name: "embed_tokens.weight", level: "2" });
    expect(await key("ArrowDown")).toMatchObject({ name: "layers", expanded: "true" });
    expect(await key("End", "ArrowLeft")).toMatchObject({ name: "self_attn" });
    expect(await key("Home", "ArrowDown", "Enter")).toMatchObject({
      hash: "#view=matrices&matrix=model.embed_tokens.weight",
    });
    await waitForText(page, ".matrix h2", /embed_tokens/);
  });

  it("holds ten thousand, of which the document has the rows in sight alone", async () => {
    await drop(page, { "many.safetensors": manyMatrices() });
    await waitForText(page, "#model-facts", /10,000 tensors/);
    await pressed(page, "#tab-tensors");
    await waitForText(page, "#panel-tensors", /blocks/);
    expect(await page.$$eval("#panel-tensors [role=treeitem]", (all) => all.length)).toBeLessThan(80);
    await page.type("#panel-tensors input", "blocks.9998.");
    await waitForText(page, "#panel-tensors .fields .note", /^1 of 10,000 tensors/);
    expect((await rows())[0]).toMatch(
      /^blocks\.9998\.attention\.weight \| 8 × 8 \| F32 \| 256\u00a0B \| (waiting|analysed)$/,
    );
  });
});
