import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** How far the sizes that are told may be from what is built. */
const NEAR = 0.05;

/** Lines that say how large a part of the page or of the element is. */
const sizesIn = (text: string): [part: string, sizes: number[]][] =>
  [...text.matchAll(/^\s*(\S.*\S) +(\d+) bytes +(\d+) gzipped$/gm)].map(([, part, plain, gzipped]) => [
    part,
    [Number(plain), Number(gzipped)],
  ]);

it("docs/web.md says how large the page and the element are", () => {
  const told = sizesIn(readFileSync(`${root}docs/web.md`, "utf8"));
  const measured = sizesIn(
    execFileSync(process.execPath, [`${root}scripts/measure-web.mjs`, "--sizes"], { encoding: "utf8" }),
  );
  expect(measured).toHaveLength(5);
  expect(told.map(([part]) => part)).toEqual(measured.map(([part]) => part));
  for (const [i, [part, sizes]] of measured.entries())
    for (const [j, size] of sizes.entries())
      expect(Math.abs(told[i][1][j] / size - 1), `${part}: npm run measure:web`).toBeLessThan(NEAR);
});
