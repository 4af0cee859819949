import { printable } from "../../base/printable.js";
import type { AdapterReport, CompareReport } from "../../types.js";
import { bytes, count, figure, percent } from "../format.js";

const matricesInWords = (n: number): string => (n === 1 ? "1 matrix" : `${count(n)} matrices`);
const othersInWords = (n: number): string => (n === 1 ? "1 other tensor" : `${count(n)} other tensors`);

/** "rank 8", "rank 58 to 256", "rank 1 at most", "no rank above rounding". */
function rankInWords({
  smallestRankAboveRounding: least,
  largestRankAboveRounding: most,
}: CompareReport["summary"]): string {
  if (most === 0) return "A change within rounding";
  if (least === most) return `A change of rank ${count(most)}`;
  return least === 0 ? `A change of rank ${count(most)} at most` : `A change of rank ${count(least)} to ${count(most)}`;
}

/** Where ranks differ from matrix to matrix, what most of the change needs. */
function energyInWords({
  smallestRankAboveRounding: least,
  largestRankAboveRounding: most,
  ...summary
}: CompareReport["summary"]): string[] {
  if (least === most) return [];
  const { medianRank90: median, smallestRank90: low, largestRank90: high } = summary;
  return [`${figure(median)} directions hold 90 % of it in the median matrix (${count(low)} to ${count(high)})`];
}

/** The answer in one sentence, the first line of every report (docs/method.md §10). */
export function changeAnswer({ summary }: Pick<CompareReport, "summary">): string {
  const { matrices, unchanged, relativeChange, others, othersChanged, shareOutsideMatrices: outside } = summary;
  const changed = matrices - unchanged;
  if (changed === 0 && othersChanged === 0)
    return (
      `Nothing changed: ${matricesInWords(matrices)}${others > 0 ? ` and ${othersInWords(others)}` : ""} ` +
      `${matrices + others === 1 ? "is" : "are"} the same on both sides.`
    );
  if (changed === 0)
    return `No matrix changed of ${count(matrices)}; ${count(othersChanged)} of ${othersInWords(others)} did.`;
  const where =
    unchanged === 0
      ? matrices === 1
        ? "in the one matrix"
        : `in all ${matricesInWords(matrices)}`
      : `in ${count(changed)} of ${matricesInWords(matrices)}`;
  return `${[
    `${rankInWords(summary)} ${where}`,
    `${figure(relativeChange)} of ${changed === 1 ? "its" : "their"} norm`,
    ...energyInWords(summary),
    othersChanged === 0 ? "nothing outside them" : `${percent(outside)} % of it outside them`,
  ].join("; ")}.`;
}

/** What an adapter holds of the change, and what it leaves out. */
export function adapterAnswer({
  rank,
  modules,
  parameters,
  bytes: length,
  energy,
  held,
  saved,
  leftOut,
}: AdapterReport): string {
  const holds =
    `The adapter of rank ${count(rank)} holds ${percent(energy)} % of the change of its ` +
    `${matricesInWords(modules)} in ${count(parameters)} numbers (${bytes(length)})`;
  const whole = saved.length === 0 ? "" : `; ${count(saved.length)} tensors are saved whole beside it`;
  const most = [...leftOut].sort((a, b) => b.share - a.share)[0];
  const out =
    most === undefined
      ? ""
      : "; left out " +
        `${leftOut.length === 1 ? "is" : `are ${othersInWords(leftOut.length).replace(" other", "")},`} ` +
        `${leftOut.length === 1 ? "" : "most of it "}${printable(most.name)} with ${percent(most.share)} % of ` +
        "all that changed";
  return `${holds}${whole}${out}. Of all that changed ${percent(held)} % is held.`;
}
