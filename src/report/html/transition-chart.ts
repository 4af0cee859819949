import type { ParticipationRatio, TransitionReport } from "../../types.js";
import type { Chart, Point } from "./chart-types.js";

/**
 * Participation ratio of one part of a text's transitions against vocabulary, beside the same tokens shuffled.
 * docs/method.md §4.
 */
export function participationByVocabulary(
  reports: readonly TransitionReport[],
  part: "antisymmetric" | "symmetric",
  words = "words",
): Chart {
  const points = (of: (report: TransitionReport) => { y: number; low: number; high: number } | null): Point[] =>
    reports.flatMap((report) => {
      const place = of(report);
      return place === null ? [] : [{ x: report.vocabulary, ...place, label: `${report.vocabulary} ${words}` }];
    });
  const within = (ratio: ParticipationRatio | null): { y: number; low: number; high: number } | null =>
    ratio === null ? null : { y: ratio.value, low: ratio.lower, high: ratio.upper };
  const limit = part === "antisymmetric" ? 2 : 1;
  return {
    title: part === "antisymmetric" ? "PR of T’s antisymmetric part" : "PR of the counts’ symmetric part",
    description:
      `The text, with certified bounds, beside its own ${words} shuffled, ± one standard deviation; ` +
      `a stream without grammar tends to ${limit}.`,
    x: { label: "vocabulary", scale: "log" },
    y: { label: "participation ratio", scale: "log" },
    series: [
      {
        name: `limit without grammar, ${limit}`,
        colour: "muted",
        mark: "dotted",
        points: reports.map(({ vocabulary }) => ({ x: vocabulary, y: limit })),
      },
      {
        name: "shuffled",
        colour: "c1",
        mark: "dashes-dots",
        interval: "± one standard deviation",
        points: points(({ shuffled }) => {
          const pair = shuffled[part];
          return pair === null ? null : { y: pair[0], low: pair[0] - pair[1], high: pair[0] + pair[1] };
        }),
      },
      {
        name: "the text",
        colour: "accent",
        mark: "line-dots",
        interval: "certified bounds",
        points: points((report) => within(report[part])),
      },
    ],
  };
}
