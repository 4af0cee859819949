import { printable } from "../base/printable.js";
import type { AnalysisPlan } from "../types.js";
import { bytes, count, figure, plural } from "./format.js";
import { wrapped } from "./layout.js";

/** Seconds in the unit that a person would use. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${figure(seconds * 1e3, 1)} ms`;
  if (seconds < 120) return `${figure(seconds, 1)} s`;
  if (seconds < 7200) return `${figure(seconds / 60, 1)} min`;
  return `${figure(seconds / 3600, 1)} h`;
}

/** What an analysis would take, in words for a terminal `width` wide. */
export function estimateText({ source, options, estimate }: AnalysisPlan, width: number): string {
  const { matrices, bytesStored, bytesRead, coreSeconds, largestSeconds, largest, leastMemory, workers, failed } =
    estimate;
  const lines = [
    `${printable(source.name)}: ${plural(matrices, "matrix", "matrices")}${options?.sample ? " in the sample" : ""}, ` +
      `${bytes(bytesStored)} stored.`,
    `About ${duration(coreSeconds)} of one core` +
      (largest === null
        ? "."
        : `; the dearest matrix, ${printable(largest, 120)}, ${duration(largestSeconds)}: ` +
          `at most ${plural(workers, "worker helps", "workers help")}.`),
    `Reads about ${bytes(bytesRead)} from a local file, ${bytes(bytesStored)} from a server; at least ` +
      `${count(leastMemory)} bytes of --memory; ` +
      `a process of about ${bytes(estimate.peakMemory)} with one thread; about ` +
      `${bytes(estimate.outputBytes)} of json.`,
    ...(failed.length > 0 ? [`${plural(failed.length, "matrix", "matrices")} could not be done.`] : []),
    "Nothing was computed: this is from the header alone.",
  ];
  return `${lines.flatMap((line) => wrapped(line, width)).join("\n")}\n`;
}
