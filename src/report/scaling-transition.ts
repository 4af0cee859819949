import { isRowOf, type ScalingRow } from "../scaling/row.js";
import { count } from "./format.js";
import {
  grouped,
  interval,
  left,
  notesOf,
  places,
  right,
  type ScalingView,
  shown,
  text,
  verdict,
} from "./scaling-cells.js";

const PARTS = ["antisymmetric", "symmetric"] as const;

/** The two published columns side by side, a line a vocabulary; the exponents at the end of each source. */
export function transitionView(rows: readonly ScalingRow[]): ScalingView {
  const beside = (row: ScalingRow | undefined): string =>
    shown(row, "shuffled", (mean) => `${places(2)(mean)} ± ${shown(row, "shuffledDeviation", places(2))}`);
  const measured = (row: ScalingRow | undefined): string => shown(row, "measured", places(2));
  const lines: string[][] = [];
  for (const group of grouped(rows, (row) => `${row.source} ${row.tokens}`)) {
    lines.push([
      group[0].tokens === null
        ? text(group[0], "source")
        : `${text(group[0], "source")}, ${count(Number(group[0].tokens))} tokens`,
    ]);
    for (const pair of grouped(
      group.filter((row) => row.vocabulary !== null),
      (row) => String(row.vocabulary),
    )) {
      const [anti, symmetric] = PARTS.map((part) => pair.find((row) => isRowOf(row, part)));
      lines.push([
        count(Number(pair[0].vocabulary)),
        shown(anti, "published", places(2)),
        measured(anti),
        beside(anti),
        anti ? verdict(anti) : "",
        shown(symmetric, "published", places(2)),
        measured(symmetric),
        beside(symmetric),
        symmetric ? verdict(symmetric) : "",
      ]);
    }
    const exponents = group.filter((row) => row.vocabulary === null);
    if (exponents.length > 0)
      lines.push([
        "exponent",
        ...PARTS.flatMap((part) => {
          const row = exponents.find((one) => isRowOf(one, `${part}-exponent`));
          return [
            shown(row, "published", String),
            shown(row, "measured", places(3)),
            row ? interval(row, 3) : "",
            row ? verdict(row) : "",
          ];
        }),
      ]);
  }
  return {
    title:
      "PR against vocabulary, the paper's beside ours: antisymmetric part of T, then symmetric part of the counts " +
      "C; beside a corpus 5 shuffles of its tokens, beside an exponent its 95 % interval",
    columns: [
      left("vocabulary"),
      right("paper"),
      right("T"),
      right("shuffled"),
      left(""),
      right("paper"),
      right("C"),
      right("shuffled"),
      left(""),
    ],
    rows: lines,
    notes: notesOf(rows),
  };
}
