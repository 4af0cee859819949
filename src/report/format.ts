import stringWidth from "string-width";
import { count, plusMinus } from "./html/numbers.js";

/** How figures and names are written for people. Nothing here computes a figure. */

export { count, plusMinus };

/** "1 matrix", "1,024 matrices". */
export const plural = (n: number, word: string, words = `${word}s`): string => `${count(n)} ${n === 1 ? word : words}`;

/** A count of bytes in decimal units, to three figures: "75.5 MB". */
export function bytes(value: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
  let scale = 1;
  let unit = 0;
  while (value >= 999.5 * scale && unit < units.length - 1) {
    scale *= 1000;
    unit++;
  }
  const scaled = value / scale;
  return unit === 0 ? `${value} bytes` : `${scaled >= 99.95 ? scaled.toFixed(0) : scaled.toFixed(1)} ${units[unit]}`;
}

/** The power of ten of a figure's first digit, once it is rounded to `digits` of them. `Math.log10` may be off. */
function exponentOf(value: number, digits: number): number {
  return Number(value.toExponential(digits - 1).split("e")[1]);
}

/** `digits` significant ones, without an exponent from 0.001 up to a million. */
export function figure(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001 || size >= 999_999.5) return value.toExponential(Math.max(0, digits - 2)).replace("e+", "e");
  return value.toFixed(Math.max(0, digits - Math.max(exponentOf(value, digits) + 1, 1)));
}

/** A share as a percentage without its sign: 100, 38.1, 6.71, 0.012. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const value = share * 100;
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.1 || size < 0.0005) return value.toFixed(2);
  return value.toFixed(3);
}

/** A share that somebody asked for, as they would write it: 90, 99.5. */
export function askedPercent(share: number): string {
  return String(Number((share * 100).toPrecision(6)));
}

/** With a fixed number of decimals, and no minus before a zero. */
export function decimals(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "");
}

/**
 * An estimate with its error, to the digits that the error leaves but four at most: "612±6", "61.2±0.4"; an error below
 * those digits is not shown.
 */
export function withError(value: number, error: number): string {
  if (value < 0.001) return error > 0 ? `${figure(value)}±${figure(error, 2)}` : figure(value);
  const before = Math.max(1, exponentOf(value, 4) + 1);
  const places = Math.max(0, Math.min(4 - before, error > 0 ? -exponentOf(error, 1) : 4));
  const margin = error.toFixed(places);
  return Number(margin) === 0 ? value.toFixed(places) : `${value.toFixed(places)}±${margin}`;
}

/** A p value: never 0. */
export function probability(p: number): string {
  return p < 0.0001 ? "< 0.0001" : `= ${p.toFixed(p < 0.01 ? 4 : 2)}`;
}

/** Most text is ASCII without controls and our own signs: each is a grapheme, one column wide. */
const PLAIN = /^[ -~×–…±▪█░‖]*$/;

/** Columns that text takes on the screen. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The largest of many: `Math.max(...values)` overflows the stack at some 100,000. */
export function largestOf(values: Iterable<number>, least: number): number {
  let largest = least;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}

let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for characters. The segmenter is made when first needed: making one takes 9 ms. */
export function graphemesOf(text: string): string[] {
  if (PLAIN.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** As many graphemes from the front as fit. */
export function fitting(parts: string[], width: number): string[] {
  let used = 0;
  const beyond = parts.findIndex((part) => (used += widthOf(part)) > width);
  return beyond < 0 ? parts : parts.slice(0, beyond);
}

/** Cut in the middle to a width on the screen; wide characters count two. */
export function middle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const parts = graphemesOf(text);
  const left = fitting(parts, Math.floor((width - 1) / 2)).join("");
  return `${left}…${fitting(parts.reverse(), width - 1 - widthOf(left))
    .reverse()
    .join("")}`;
}

/** Cut at the end to a width on the screen. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return `${fitting(graphemesOf(text), width - 1).join("")}…`;
}

/** The text and blanks up to `width` columns of a terminal, wide characters counted as two. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** Blanks before the text up to `width` columns of a terminal. */
export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - widthOf(text))) + text;
}
