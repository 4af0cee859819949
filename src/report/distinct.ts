import { printable } from "../base/printable.js";
import { cut, graphemesOf, middle } from "./format.js";

/** Names that stand together must be told apart, however short they are written. */

/** A name, what it is called among its group, and what it is called where that would be another's too. */
interface Called {
  name: string;
  text: string;
  whole?: string;
  group?: string | null;
}

/**
 * What each is called: `text` where no other name of its group is called so, else `whole` (the printable name), and
 * where that is another's too (names are cut at 200 characters) with a number after it: "a~2".
 */
export function toldApart(items: readonly Called[]): string[] {
  const key = (group: string | null | undefined, text: string): string => JSON.stringify([group ?? null, text]);
  const owners = new Map<string, Set<string>>();
  for (const { name, text, group } of items) {
    const own = owners.get(key(group, text));
    if (own) own.add(name);
    else owners.set(key(group, text), new Set([name]));
  }
  const taken = new Map<string, string>();
  const alone = ({ group, text }: Called): boolean => owners.get(key(group, text))!.size === 1;
  for (const one of items) if (alone(one)) taken.set(key(one.group, one.text), one.name);
  const known = new Map<string, string>();
  const counted = new Map<string, number>();
  return items.map((one) => {
    const { name, group } = one;
    const found = alone(one) ? one.text : known.get(key(group, name));
    if (found !== undefined) return found;
    const whole = one.whole ?? printable(name);
    let n = counted.get(key(group, whole)) ?? 1;
    let text = whole;
    while (taken.has(key(group, text))) text = `${whole}~${++n}`;
    counted.set(key(group, whole), n);
    taken.set(key(group, text), name);
    known.set(key(group, name), text);
    return text;
  });
}

/** What each of several is called in full: its printable name, told apart from the others'. */
export const printableNames = (named: readonly { name: string }[]): string[] =>
  toldApart(named.map(({ name }) => ({ name, text: printable(name) })));

/** A name that `printable` cuts, or that spells what it writes for a character: it may come to look like another. */
const unsure = ({ name }: { name: string }): boolean => name.length > 200 || name.includes("\\u{");

/** The same of each by itself, for lists of which some are looked at. */
export function printableNameOf<One extends { name: string }>(all: readonly One[]): (one: One) => string {
  const found = new Map<string, string>();
  if (all.some(unsure)) printableNames(all).forEach((text, i) => found.set(all[i].name, text));
  return ({ name }) => found.get(name) ?? printable(name);
}

/** Graphemes that all of several texts begin with. */
function sharedBeginning(texts: readonly string[][]): number {
  const [first, ...others] = texts;
  const end = first.findIndex((part, i) => others.some((other) => other[i] !== part));
  return end < 0 ? first.length : end;
}

/** The text from its grapheme `from` on, with a sign that something stands before it. */
const after = (parts: readonly string[], from: number, width: number): string =>
  from === 0 ? cut(parts.join(""), width) : `…${cut(parts.slice(from).join(""), width - 1)}`;

/** Blanks before a text, and the text. */
const indented = (text: string): [string, string] => {
  const bare = text.trimStart();
  return [text.slice(0, text.length - bare.length), bare];
};

/**
 * Texts cut in the middle to a width on the screen, so that different ones stay different: those that would look the
 * same are shown from where they part, and with a number after them where that is not enough.
 */
export function distinctCuts(texts: readonly string[], width: number): Map<string, string> {
  const shown = new Map<string, string>();
  const groups = new Map<string, string[]>();
  for (const text of new Set(texts)) {
    const short = middle(text, width);
    shown.set(text, short);
    const same = groups.get(short);
    if (same) same.push(text);
    else groups.set(short, [text]);
  }
  const taken = new Set<string>();
  for (const [short, same] of groups) if (same.length === 1) taken.add(short);
  for (const same of groups.values()) {
    if (same.length === 1) continue;
    const parts = same.map((text) => graphemesOf(indented(text)[1]));
    const from = Math.max(0, sharedBeginning(parts) - 1);
    let n = 1;
    same.forEach((text, i) => {
      const [indent] = indented(text);
      const room = width - indent.length;
      let short = indent + after(parts[i], from, room);
      while (taken.has(short)) {
        const tail = `~${++n}`;
        short = indent + middle(parts[i].join(""), room - tail.length) + tail;
      }
      taken.add(short);
      shown.set(text, short);
    });
  }
  return shown;
}
