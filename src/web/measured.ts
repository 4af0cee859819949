import { printable } from "../base/printable.js";
import { bitsEach, type SweepReport } from "../compress/sweep.js";
import { decimals, figure } from "../report/format.js";
import { sweepLabel } from "../report/sweep.js";

/** A sweep that `weightscope compress --sweep … --evaluate … --format json` wrote, and the file it lies in. */
export interface Measured {
  file: string;
  report: SweepReport;
}

/** A larger JSON file is none: a row takes some hundred bytes. */
const MOST_BYTES = 1 << 24;
/** How much the command's value may change and still say that the function holds. */
const HOLDS = 0.01;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isRow = (row: unknown): boolean =>
  isObject(row) &&
  (row.part === null || typeof row.part === "string") &&
  ["none", "singular", "gaussian", "rounding"].includes(String(row.method)) &&
  typeof row.asked === "string" &&
  [row.weights, row.bits].every((value) => Number.isFinite(value)) &&
  (row.value === null || Number.isFinite(row.value));

/** A sweep's report by its shape; null where it is none. */
export function sweepReport(given: unknown): SweepReport | null {
  if (!isObject(given) || !isObject(given.source) || typeof given.command !== "string") return null;
  const { name, format, byteLength } = given.source;
  if (typeof name !== "string" || typeof format !== "string" || typeof byteLength !== "number") return null;
  return Array.isArray(given.rows) && given.rows.every(isRow) ? (given as unknown as SweepReport) : null;
}

/** The sweep among files that were given together, and the others. */
export async function withoutSweep(files: readonly File[]): Promise<{ sweep: Measured | null; files: File[] }> {
  let sweep: Measured | null = null;
  const others: File[] = [];
  for (const file of files) {
    const report = /\.json$/i.test(file.name) && file.size <= MOST_BYTES ? await readSweep(file) : null;
    if (report) sweep = { file: file.name, report };
    else others.push(file);
  }
  return { sweep, files: others };
}

async function readSweep(file: File): Promise<SweepReport | null> {
  try {
    return sweepReport(JSON.parse(await file.text()));
  } catch {
    return null;
  }
}

/** What tells one checkpoint from another. */
type Kind = Pick<SweepReport["source"], "format" | "byteLength">;

/** Whether it was measured of what is open, by its size and format: names change with copies. */
const isOf = ({ report: { source } }: Measured, { format, byteLength }: Kind): boolean =>
  source.format === format && source.byteLength === byteLength;

/** Tiles of the signal, behind which stands what was measured. */
const SIGNAL_TILES = 4;

/** Tiles with the bits at which the function holds among them, where that was measured of what is open; and why not. */
export function withMeasured(
  tiles: readonly [term: string, value: string][],
  measured: Measured | null,
  open: Kind | null,
): { tiles: readonly [term: string, value: string][]; said: string } {
  if (measured === null || open === null) return { tiles, said: "" };
  const file = printable(measured.file, 100);
  if (!isOf(measured, open)) {
    const { name } = measured.report.source;
    return { tiles, said: `${file} was measured of ${printable(name, 100)}, which is another file than this one.` };
  }
  const found = holdsAt(measured);
  if (!found) return { tiles, said: `${file} has no value of the checkpoint as it is beside one of a smaller file.` };
  return {
    tiles: [...tiles.slice(0, SIGNAL_TILES), ["Function holds at", found.value], ...tiles.slice(SIGNAL_TILES)],
    said: found.about,
  };
}

/**
 * The fewest bits a weight at which the command's value is within one in a hundred of that of the checkpoint as it is,
 * where all chosen matrices were replaced together; null where nothing was measured to compare.
 */
export function holdsAt({ file, report }: Measured): { value: string; about: string } | null {
  const own = report.rows.find(({ method }) => method === "none")?.value ?? null;
  const rows = report.rows
    .filter(({ part, method, value }) => part === null && method !== "none" && value !== null)
    .map((row) => ({ row, bits: bitsEach(row), off: Math.abs(row.value! - own!) / Math.abs(own!) }));
  if (own === null || own === 0 || rows.length === 0) return null;
  const held = rows.filter(({ off }) => off <= HOLDS).sort((a, b) => a.bits - b.bits);
  const nearest = [...rows].sort((a, b) => a.off - b.off);
  const [{ row, bits, off }] = held.length > 0 ? held : nearest;
  const changed = `${decimals(100 * off, 2)} %`;
  return {
    value:
      held.length > 0 ? `${decimals(bits, 2)} bits, value within 1 %` : `none of ${rows.length} measured within 1 %`,
    about:
      `${printable(report.command, 200)}: ${figure(own, 5)} as it is, ${figure(row.value!, 5)} at ` +
      `${decimals(bits, 2)} bits a weight (${sweepLabel(row)}; ${changed} off). From ${printable(file, 100)}.`,
  };
}
