import type { QueueCounts, QueuePace } from "../distribute/carrier.js";
import { csvLines } from "./csv-cells.js";
import { duration } from "./estimate.js";
import { count, figure } from "./format.js";
import { markdownTable, markdownText } from "./markdown-cells.js";

/** The rate of the last jobs, and the time left by it. */
export function paceLines({ jobsPerSecond, secondsLeft }: QueuePace): string[] {
  if (jobsPerSecond === null) return [];
  const slow = jobsPerSecond < 1;
  const rate = figure(slow ? jobsPerSecond * 60 : jobsPerSecond, 3);
  const lines = [`rate     ${rate} jobs a ${slow ? "minute" : "second"}`];
  if (secondsLeft !== null && secondsLeft > 0) lines.push(`left     about ${duration(secondsLeft)}`);
  return lines;
}

/** Jobs of a queue by how far they are, a line each, how fast they are done, and why some failed. */
export function queueText(
  counts: QueueCounts,
  reasons: readonly string[],
  pace: QueuePace = { jobsPerSecond: null, secondsLeft: null },
): string {
  const lines = Object.entries(counts).map(([what, jobs]) => `${what.padEnd(8)} ${jobs}`);
  lines.push(...paceLines(pace));
  if (reasons.length > 0) lines.push("", "failed:", ...[...new Set(reasons)].map((one) => `  ${one}`));
  return `${lines.join("\n")}\n`;
}

/** One row: jobs by how far they are, workers, jobs a second and seconds left, empty where too few were done to say. */
export const queueCsv = (counts: QueueCounts, pace: QueuePace): string =>
  csvLines([
    [...Object.keys(counts), "jobsPerSecond", "secondsLeft"],
    [...Object.values(counts), pace.jobsPerSecond, pace.secondsLeft],
  ]);

/** The same as a table, with how fast they are done and why some failed below. */
export function queueMarkdown(counts: QueueCounts, reasons: readonly string[], pace: QueuePace): string {
  const align = Object.keys(counts).map(() => "right" as const);
  const table = markdownTable(Object.keys(counts), align, [Object.values(counts).map(count)]);
  const said = [...paceLines(pace).map((line) => line.replace(/ +/g, " ")), ...new Set(reasons)];
  return said.length === 0 ? table : `${table}\n${said.map((line) => `- ${markdownText(line)}\n`).join("")}`;
}
