import fc from "fast-check";
import { expect } from "vitest";

/** Names as files have them: alike but for one place, which may be anywhere; hostile ones; very long ones. */
const alike = fc
  .tuple(
    fc.string({ maxLength: 40 }).chain((end) => fc.constantFrom(end, "a".repeat(150) + end)),
    fc.uniqueArray(fc.nat(999), { minLength: 2, maxLength: 5 }),
    fc.string({ maxLength: 260 }),
  )
  .map(([before, numbers, behind]) => numbers.map((n) => `${before}${n}${behind}`));
const any = fc.uniqueArray(fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: "grapheme", maxLength: 60 })), {
  minLength: 2,
  maxLength: 6,
});
const suffixed = fc
  .string({ minLength: 1, maxLength: 30 })
  .map((name) => [
    name,
    `${name}.weight`,
    `${name}.weight.weight`,
    `${name}\u001b`,
    `${name}\\u{1b}`,
    `'${name}`,
    `=${name}`,
    `'=${name}`,
  ]);
/** Sets of names; blanks at the end are seen by nobody. */
export const names = fc
  .oneof(alike, any, suffixed)
  .map((all) => all.filter((name, i) => all.findIndex((other) => other.trimEnd() === name.trimEnd()) === i));

/** The figure of the i-th row: nobody cuts it, and it finds the row again. */
export const figureOf = (i: number): number => 1_234_560 + i;
/** As it is printed. */
export const shownOf = (i: number): string => figureOf(i).toLocaleString("en-US");

/** What stands before a row's figure, for each row. */
export function shownNames(lines: readonly string[], rows: number, at = shownOf): string[] {
  return Array.from({ length: rows }, (_, i) => {
    const line = lines.find((one) => one.includes(at(i)));
    if (line === undefined) throw new Error(`${at(i)} is in no line of ${lines.join("\n")}`);
    return line.slice(0, line.indexOf(at(i))).trimEnd();
  });
}

/** No two the same. */
export function expectDistinct(shown: readonly string[]): void {
  expect(new Set(shown).size, JSON.stringify(shown)).toBe(shown.length);
}
