import { quoted } from "../base/printable.js";
import type { MatrixReport } from "../types.js";

/** Matrices in whose figures something is missing, or means nothing. */
export function valueNotes(reports: readonly MatrixReport[]): string[] {
  const listed = (found: readonly MatrixReport[]): string =>
    found.length > 3 ? `${found.length} matrices` : found.map(({ name }) => quoted(name, 80)).join(", ");
  const infinite = reports.filter(({ norms }) => norms.nonFinite > 0);
  const zero = reports.filter(({ norms }) => norms.nonFinite === 0 && norms.minimum === 0 && norms.maximum === 0);
  return [
    ...(infinite.length > 0
      ? [`weights that are not finite, and so norms of the others alone: ${listed(infinite)}`]
      : []),
    ...(zero.length > 0 ? [`nothing but zeros: ${listed(zero)}`] : []),
  ];
}
