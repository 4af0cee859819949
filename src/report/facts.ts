import { pooledEnergies } from "../analyze/summary.js";
import type { MatrixReport, Report } from "../types.js";
import { bytes, count, figure, plusMinus, short } from "./html/numbers.js";

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Σ of what K Gaussians keep beside what they would keep of shuffled columns, over Σ‖W‖²; docs/method.md §2. */
function besideChance(matrices: readonly MatrixReport[], k: number): string {
  const [fit] = pooledEnergies(matrices, (one) => one.energy).slice(k, k + 1);
  const [chance] = pooledEnergies(matrices, (one) => one.permutedEnergy).slice(k, k + 1);
  return fit && chance ? `${percent(fit.energy)}, chance ${percent(chance.energy)}` : "–";
}

/** The middle one of PR over that of noise of the same shape, tied matrices once. */
function besideNoise(matrices: readonly MatrixReport[]): string {
  const ratios = matrices
    .flatMap(({ participation, noiseParticipationRatio, tiedTo }) =>
      participation === null || tiedTo !== null ? [] : [participation.value / noiseParticipationRatio],
    )
    .sort((a, b) => a - b);
  return ratios.length === 0 ? "–" : `${percent(ratios[ratios.length >> 1])} of noise’s`;
}

/**
 * The figures above the fold, in page, element and file, in the terminal's words: the signal first, then what is beside
 * chance and beside noise, then what the header says. `k` is the entry of `gaussian` that is shown.
 */
export function facts(
  {
    source,
    summary,
    matrices,
  }: {
    source: Pick<Report["source"], "format" | "byteLength" | "matrices">;
    summary: Report["summary"];
    matrices: readonly MatrixReport[];
  },
  k = 0,
): [term: string, value: string][] {
  const { amplitudeParticipationRatio: ratio, sizeCorrelation: size, normsDecreaseWithDepth: decrease } = summary;
  const { signal, signalDetail, sample } = summary;
  const errors = sample?.standardErrors;
  const whole = (value: number): string => count(Math.round(value));
  const of = (all: number): string =>
    sample ? `${count(sample.matrices.measured)} of ${count(sample.matrices.of)}` : count(all);
  return [
    [
      "Signal directions",
      signal
        ? `${count(signal.directions)}${plusMinus(errors?.signal?.directions, whole)} of ${count(signal.of)}`
        : "–",
    ],
    [
      "Free parameters",
      signal
        ? `${short(signal.parameters)}${plusMinus(errors?.signal?.parameters, short)} of ${short(summary.parameters)}`
        : "–",
    ],
    ["Numbers they take", signalDetail ? `${short(signalDetail.factors)} as factors` : "–"],
    [
      "Signal holds",
      signal ? `${percent(signal.energy)}${plusMinus(errors?.signal?.energy, percent)} of the energy` : "–",
    ],
    [
      `Gaussians keep, K = ${summary.compression[k]?.gaussians ?? "–"}`,
      besideChance(matrices, k) + plusMinus(errors?.compression[k]?.energy, percent),
    ],
    ["PR, the middle matrix", besideNoise(matrices)],
    ["Parameters", short(summary.parameters)],
    ["Matrices", of(source.matrices)],
    ["Format", source.format],
    ["Size", bytes(source.byteLength)],
    ["Amplitude PR", ratio ? `${ratio.mean.toFixed(2)} ± ${ratio.standardDeviation.toFixed(2)}` : "–"],
    ["PR with size, r", size ? `${size.r.toFixed(2)} (p ${figure(size.p, 1)})` : "–"],
    ["Norms fall with depth", decrease === null ? "–" : decrease ? "yes" : "no"],
  ];
}
