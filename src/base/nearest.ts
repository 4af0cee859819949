/** Edits (insert, delete, replace, swap neighbours) from one word to another: the optimal string alignment distance. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}

/** The word of `choices` that was most likely meant, or null where none is near. */
export function nearest(word: string, choices: Iterable<string>): string | null {
  if (word.length > 40) return null;
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let least = Infinity;
  for (const name of choices) {
    const edits = name.toLowerCase().startsWith(wanted) && wanted.length > 1 ? 1 : distance(wanted, name.toLowerCase());
    if (edits < least) [best, least] = [name, edits];
  }
  return best !== null && least <= Math.max(1, Math.floor(Math.max(wanted.length, best.length) / 3)) ? best : null;
}

/** ` (did you mean X?)`, or nothing. */
export function suggestion(word: string, choices: Iterable<string>, prefix = ""): string {
  const found = nearest(word, choices);
  return found === null ? "" : ` (did you mean ${prefix}${found}?)`;
}
