import type { QueueCounts, QueuePace } from "../distribute/carrier.js";
import { duration } from "./estimate.js";
import { figure } from "./format.js";

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
