/** A word in its runs of digits, as numbers, and of other characters. */
type NaturalKey = readonly (string | number)[];

const naturalKey = (text: string): NaturalKey =>
  (text.match(/\d+|\D+/g) ?? []).map((run) => (/^\d/.test(run) ? Number(run) : run));

/** Words by their characters, runs of digits by their number: "layers.2" before "layers.10". */
function naturally(a: NaturalKey, b: NaturalKey): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [left, right] = [a[i], b[i]];
    if (left === right) continue;
    if (typeof left === "number" && typeof right === "number") return left - right;
    return String(left) < String(right) ? -1 : 1;
  }
  return a.length - b.length;
}

/** Rows by a figure or a word of each; missing ones stand last either way. A word's key is made once: rows are many. */
export function sorted<Row>(
  rows: readonly Row[],
  value: (row: Row) => number | string | null,
  descending: boolean,
): Row[] {
  const sign = descending ? -1 : 1;
  const words = new Map<string, NaturalKey>();
  const keyed = rows.map((row) => {
    const found = value(row);
    if (typeof found !== "string") return { row, key: found };
    const key = words.get(found) ?? naturalKey(found);
    words.set(found, key);
    return { row, key };
  });
  keyed.sort(({ key: a }, { key: b }) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === "number" || typeof b === "number") return sign * (Number(a) - Number(b));
    return sign * naturally(a, b);
  });
  return keyed.map(({ row }) => row);
}
