import { printable } from "../base/printable.js";
import { toldApart } from "./distinct.js";

/**
 * Names of plain characters become code; all else is spelt so that neither Markdown nor HTML nor a link is left in it.
 */
export function markdownName(name: string): string {
  if (/^[\w.\-/,[\]]{1,200}$/.test(name) && !/^www\.|\.\w+\//.test(name)) return `\`${name}\``;
  return printable(name).replace(/[^\p{L}\p{N}\p{M} ]/gu, (character) => `&#${character.codePointAt(0)};`);
}

/** Of several, each of its own. */
export function markdownNames(named: readonly { name: string }[]): string[] {
  return toldApart(named.map(({ name }) => ({ name, text: markdownName(name), whole: markdownName(name) })));
}

/** A table of cells that are Markdown already. */
export function markdownTable(
  titles: readonly string[],
  align: readonly ("left" | "right")[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(titles) + line(align.map((side) => (side === "right" ? "---:" : "---"))) + rows.map(line).join("");
}

/** A sentence of ours that may quote what a file holds. */
export function markdownText(text: string): string {
  return printable(text, Infinity).replace(/[\\`*_<>&[\]|~]/g, (character) => `&#${character.charCodeAt(0)};`);
}
