import { readFileSync } from "node:fs";

/** The codes that docs/formats.md lists: rows of the table under "Error codes". */
export function documentedCodes(): Set<string> {
  const text = readFileSync(new URL("../../docs/formats.md", import.meta.url), "utf8");
  const table = text.slice(text.indexOf("## Error codes"));
  return new Set([...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]));
}
