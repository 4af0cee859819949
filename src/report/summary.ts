import { printable } from "../base/printable.js";
import type { MatrixReport, Report } from "../types.js";
import { askedPercent, count, figure, percent, plural, plusMinus, probability } from "./format.js";

/**
 * The report's summary in plain words: paragraphs, the answer first. Counts and sums only; every figure is the
 * report's.
 */

/** Of untied matrices that were fitted, how many have each verdict at the k-th K. */
function verdicts(
  matrices: readonly MatrixReport[],
  k: number,
): { structure: number; noise: number; below: number; all: number } {
  const found = matrices
    .filter((matrix) => matrix.tiedTo === null)
    .map((matrix) => matrix.gaussian[k]?.verdict ?? null)
    .filter((verdict) => verdict !== null);
  const of = (word: string) => found.filter((verdict) => verdict === word).length;
  return { structure: of("structure"), noise: of("as noise"), below: of("below noise"), all: found.length };
}

function verdictSentence(matrices: readonly MatrixReport[], k: number): string {
  const { structure, noise, below, all } = verdicts(matrices, k);
  if (all === 0) return "";
  if (noise === all)
    return all === 1
      ? " Shuffled columns would keep as much of the matrix."
      : ` Shuffled columns would keep as much, in every one of the ${count(all)} matrices.`;
  const parts = [
    [noise, "as much"],
    [structure, "less (structure)"],
    [below, "more"],
  ] as const;
  return ` Shuffled columns would keep ${parts
    .filter(([n]) => n > 0)
    .map(([n, word], i) => `${word} in ${count(n)}${i === 0 ? ` of ${plural(all, "matrix", "matrices")}` : ""}`)
    .join(", ")}.`;
}

/** The least and the largest K that the k-th entry came to; null where nothing was fitted. */
function rangeOf(matrices: readonly MatrixReport[], k: number): { least: number; most: number } | null {
  let least = Infinity;
  let most = 0;
  for (const { gaussian } of matrices) {
    if (gaussian[k] === undefined) continue;
    least = Math.min(least, gaussian[k].gaussians);
    most = Math.max(most, gaussian[k].gaussians);
  }
  return most === 0 ? null : { least, most };
}

/** "K = 8", "K = auto (16 to 32)". */
function askedInWords(matrices: readonly MatrixReport[], k: number, asked: string): string {
  const range = rangeOf(matrices, k);
  if (!range || (range.least === range.most && String(range.most) === asked)) return `K = ${asked}`;
  return `K = ${asked} (${range.least === range.most ? range.most : `${range.least} to ${range.most}`})`;
}

/** What the signal takes and what stands beside it; the count itself is the answer, said before. */
function signalSentences({ signal, signalDetail: detail }: Report["summary"]): string[] {
  if (signal === null || detail === null || detail.factors === 0) return [];
  const counted = signal.counted === signal.matrices ? "" : " of the matrices counted";
  const names = (list: readonly string[]): string => list.map((name) => printable(name)).join(", ");
  return [
    `Stored as factors the signal${counted} takes ${plural(detail.factors, "number")}; as many numbers spent on ` +
      `Gaussians along the columns keep ${percent(detail.gaussianEnergy)} % of the energy.`,
    ...(detail.most.length > 0
      ? [`Most signal of its side: ${names(detail.most)}. Least: ${names(detail.least)}.`]
      : []),
  ];
}

const whole = (value: number): string => count(Math.round(value));

/** What the asked share of the energy takes. */
function energySentence({ energyTarget, sample }: Report["summary"]): string | null {
  if (energyTarget === null) return null;
  const { energy, weights, amplitudes, factors } = energyTarget;
  const errors = sample?.standardErrors.energyTarget;
  return (
    `To keep ${askedPercent(energy)} % of the energy of every matrix takes ` +
    `${count(amplitudes)}${plusMinus(errors?.amplitudes, whole)} amplitudes ` +
    `(${figure(weights / amplitudes, 3)} times fewer than the ${count(weights)} weights), or ` +
    `${count(factors)}${plusMinus(errors?.factors, whole)} numbers as singular vectors ` +
    `(${figure(weights / factors, 3)} times fewer).`
  );
}

/**
 * The answers of a report in sentences, a paragraph each: how much there is, how much of it is free, what Gaussians
 * keep.
 */
export function summaryParagraphs(report: Report): string[] {
  const { source, summary, matrices, layers } = report;
  const paragraphs: string[] = [];
  const weights = Math.round(
    matrices.reduce(
      (sum, matrix) => (matrix.tiedTo === null ? sum + (matrix.sampleWeight ?? 1) * matrix.parameters : sum),
      0,
    ),
  );
  const errors = summary.sample?.standardErrors;
  const tied = matrices.filter((matrix) => matrix.tiedTo !== null).length;
  paragraphs.push(
    `${plural(summary.parameters, "parameter")}, ${weights === summary.parameters ? "all" : count(weights)} of them ` +
      `in ${plural(summary.sample?.matrices.of ?? source.matrices, "matrix", "matrices")}` +
      `${tied > 0 ? ` (${count(tied)} tied, counted once)` : ""}` +
      `${source.skipped.length > 0 ? `; ${skippedInWords(source.skipped)}` : ""}.`,
  );
  for (const note of source.notes) paragraphs.push(`Note: ${printable(note, 400)}.`);
  paragraphs.push(...signalSentences(summary));
  const target = energySentence(summary);
  if (target) paragraphs.push(target);
  summary.compression.forEach(({ gaussians, amplitudes, ratio, energy, effectiveParameters }, k) => {
    if (ratio === null || energy === null) return;
    const error = errors?.compression[k];
    paragraphs.push(
      `${askedInWords(matrices, k, gaussians)}: ` +
        `${count(amplitudes)}${plusMinus(error?.amplitudes, whole)} amplitudes stand for the matrices, ` +
        `${figure(ratio, 3)} times fewer numbers, ${count(effectiveParameters)} numbers in all. They ` +
        `keep ${percent(energy)}${plusMinus(error?.energy, percent)} % of the energy.${verdictSentence(matrices, k)}`,
    );
  });
  const amplitude = summary.amplitudeParticipationRatio;
  if (amplitude) {
    const size = summary.sizeCorrelation;
    const range = rangeOf(matrices, 0);
    paragraphs.push(
      `Amplitude participation ratio (${askedInWords(matrices, 0, summary.compression[0].gaussians)}): ` +
        `${figure(amplitude.mean, 3)} ± ${figure(amplitude.standardDeviation, 3)} over ` +
        `${plural(amplitude.n, "matrix", "matrices")}${standardErrorOf(errors?.amplitudeParticipationRatio)}.${
          size
            ? ` Its correlation with matrix size: r = ${figure(size.r, 3)}, p ${probability(size.p)}, 95 % interval ` +
              `${figure(size.lower, 3)} to ${figure(size.upper, 3)}; ` +
              `${size.p < 0.05 ? "significant" : "not significant"}.` +
              (
                range && range.least !== range.most
                  ? " K differs between the matrices here, and the ratio grows with K."
                  : ""
              )
            : ""
        }`,
    );
  }
  for (const { stack, normsDecreaseWithDepth: decrease } of summary.stacks) {
    const own = layers.filter((layer) => layer.stack === stack);
    if (decrease === null || own.length < 2) continue;
    const [first, last] = [own[0], own[own.length - 1]];
    paragraphs.push(
      `The norm ${decrease ? "decreases" : "does not decrease"} from layer to layer` +
        `${summary.sample?.layers.some((one) => one.stack === stack) ? " measured" : ""}` +
        `${summary.stacks.length > 1 ? ` of ${printable(stack)}` : ""} (${figure(first.norm)} in layer ` +
        `${first.layer}, ${figure(last.norm)} in layer ${last.layer}).`,
    );
  }
  return paragraphs;
}

/** Of a mean that is an estimate: "±" stands for the deviation already. */
const standardErrorOf = (error: number | null | undefined): string =>
  error ? `, the mean to ${figure(error, 2)}` : "";

/** "9 other tensors skipped (vector)". */
const skippedInWords = (skipped: Report["source"]["skipped"]): string =>
  `${plural(skipped.length, "other tensor")} skipped (${reasonsOf(skipped)})`;

/** What a reader must know before any figure, where no paragraphs stand: the notes, and what was skipped. */
export const notesOf = ({ notes, skipped }: Pick<Report["source"], "notes" | "skipped">): string[] => [
  ...notes,
  ...(skipped.length > 0 ? [skippedInWords(skipped)] : []),
];

/** "9 vector, 1 integer": each reason with how often, commonest first. */
function reasonsOf(skipped: Report["source"]["skipped"]): string {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.length === 1
    ? sorted[0][0]
    : sorted
        .slice(0, 4)
        .map(([reason, n]) => `${count(n)} ${reason}`)
        .join(", ");
}
