/** What stands over rows that belong together. */
export class Heading {
  constructor(readonly text: string) {}
}

/** Rows under their headings, in the order in which those first come; bare where nearly each would have its own. */
export function grouped<Row>(rows: readonly Row[], groupOf: ((row: Row) => string) | null): (Row | Heading)[] {
  if (groupOf === null) return [...rows];
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groupOf(row);
    const found = groups.get(group);
    if (found) found.push(row);
    else groups.set(group, [row]);
  }
  if (groups.size < 2 || groups.size * 2 > rows.length) return [...rows];
  return [...groups].flatMap(([group, inside]) => [new Heading(group), ...inside]);
}
