import { log } from "../base/mathematics.js";
import { noiseAtRank } from "../spectra/noise-curve.js";
import type { MatrixReport } from "../types.js";
import { count, figure } from "./format.js";
import { type Paint, wrapped } from "./layout.js";

const BLOCKS = "▁▂▃▄▅▆▇█";
const LABEL = 8;

/** Ranks, from 1, that `room` columns show: the first, the last, and others evenly between; each rank at most once. */
function ranksShown(side: number, room: number): number[] {
  const shown = Math.min(side, room);
  if (shown === 1) return [1];
  return Array.from({ length: shown }, (_, i) => 1 + Math.round((i * (side - 1)) / (shown - 1)));
}

/**
 * The spectrum of one matrix in two lines of block characters on a log scale: its singular values by rank, and the
 * noise's own curve; a bar stands between signal and noise. Nothing where the report does not keep the values.
 */
export function spectrumLines(matrix: MatrixReport, width: number, paint: Paint): string[] {
  const { spectrum } = matrix;
  const values = spectrum?.singularValues;
  if (!spectrum || !values) return [];
  const { signal } = spectrum;
  const known = values.filter((value) => value > 0);
  if (known.length < 2) return [];
  const high = log(known[0]);
  const low = log(known[known.length - 1]);
  const block = (value: number | null): string => {
    if (value === null || !(value > 0)) return " ";
    const share = high > low ? (log(value) - low) / (high - low) : 1;
    return BLOCKS[Math.min(BLOCKS.length - 1, Math.max(0, Math.floor(share * BLOCKS.length)))];
  };
  const ranks = ranksShown(values.length, Math.min(width, 100) - LABEL - 1);
  const above = ranks.filter((rank) => rank <= signal.directions);
  const below = ranks.filter((rank) => rank > signal.directions);
  const row = (label: string, of: (rank: number) => number | null): string =>
    label.padEnd(LABEL) +
    paint("structure", above.map((rank) => block(of(rank))).join("")) +
    (signal.directions > 0 && below.length > 0 ? "│" : "") +
    paint("noise", below.map((rank) => block(of(rank))).join(""));
  const caption =
    `Singular values by rank, ${figure(known[0], 3)} to ${figure(known[known.length - 1], 3)} on a log scale: ` +
    `${signal.directions > 0 ? `${count(signal.directions)} left of the bar are signal` : "none is signal"}, above ` +
    `${figure(Math.sqrt(signal.edge), 3)}; under them what noise of the same variance has.`;
  return [
    "",
    row("σ", (rank) => values[rank - 1]),
    row("noise", (rank) => noiseAtRank(signal, matrix, rank)).trimEnd(),
    ...wrapped(caption, width).map((line) => paint("dim", line)),
  ];
}
