import { readFileSync } from "node:fs";
import { data } from "../../support/data.js";

/** Written by NumPy itself, with the values it reads back (test/oracle/npy.py). */
export const expected = JSON.parse(readFileSync(data("numpy/expected.json"), "utf8")) as Record<
  string,
  { shape: number[]; values: number[] }
>;

export const file = (name: string) => data(`numpy/${name}`);

/** Of 600 × 700 cells: larger than one read. */
export const large = Float32Array.from({ length: 600 * 700 }, (_, i) => (i * 7919) % 1009);
