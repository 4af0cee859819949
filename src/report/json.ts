/** Depth to which a value is written element by element: the matrices of a report in a list of reports. */
const DEPTH = 3;
const INDENT = "  ";

/** Indented JSON. What a terminal would act on or show wrongly is written as \u…, which reads back the same. */
export function jsonText(value: unknown): string {
  return [...jsonPieces(value)].join("");
}

/** The same as pieces that follow one another: a report may be longer than a string can be. */
export function* jsonPieces(value: unknown): Generator<string> {
  yield* piecesOf(value, 0);
  yield "\n";
}

function* piecesOf(value: unknown, depth: number): Generator<string> {
  if (typeof value !== "object" || value === null || depth === DEPTH || "toJSON" in value) {
    yield whole(value).replaceAll("\n", `\n${INDENT.repeat(depth)}`);
    return;
  }
  const list = Array.isArray(value);
  // As JSON.stringify has it: what is undefined is no member of an object, and null in a list.
  const [open, close] = list ? "[]" : "{}";
  let before = open;
  // One after the other: a list may have 100,000.
  for (const name of list ? value.keys() : Object.keys(value)) {
    const member = (value as Record<string | number, unknown>)[name];
    if (!list && member === undefined) continue;
    yield `${before}\n${INDENT.repeat(depth + 1)}${list ? "" : `${whole(name)}: `}`;
    yield* piecesOf(member ?? null, depth + 1);
    before = ",";
  }
  yield before === open ? `${open}${close}` : `\n${INDENT.repeat(depth)}${close}`;
}

function whole(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part), 2);
  return text.replace(/[\u007f-\u009f\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
}
