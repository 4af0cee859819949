import type { QueueCounts } from "../distribute/carrier.js";

/** Jobs of a queue by how far they are, a line each, and why some failed. */
export function queueText(counts: QueueCounts, reasons: readonly string[]): string {
  const lines = Object.entries(counts).map(([what, jobs]) => `${what.padEnd(8)} ${jobs}`);
  if (reasons.length > 0) lines.push("", "failed:", ...[...new Set(reasons)].map((one) => `  ${one}`));
  return `${lines.join("\n")}\n`;
}
