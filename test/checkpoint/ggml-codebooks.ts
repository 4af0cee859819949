import { readFileSync } from "node:fs";

interface Codebook {
  levels: number[];
  /** One digit a lane: the index of its level. */
  points: string[];
}
const { codebooks: written } = JSON.parse(
  readFileSync(new URL("../fixtures/quantref/codebooks.json", import.meta.url), "utf8"),
) as { codebooks: Record<string, Codebook> };
/** The codebooks' points in the order of their indices, as gguf-py has them (test/oracle/codebooks.py). */
export const codebooks = Object.fromEntries(
  Object.entries(written).map(([name, { levels: steps, points }]) => [
    name,
    points.map((point) => Array.from(point, (digit) => steps[Number(digit)])),
  ]),
);
