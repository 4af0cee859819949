import { automaticGaussians } from "../gaussians/uniform.js";

/** An entry of the option `gaussians` and what it comes to for a matrix. */
export interface ChosenGaussians {
  asked: string;
  gaussians: number;
}

const FRACTION = /^d\/(\d+(?:\.\d+)?)$/;
const COUNT = /^\d+$/;

/** The entries as strings: "auto", "d/16", "8". @throws RangeError naming the one that is none of these. */
export function checkedGaussians(entries: readonly (number | string)[]): string[] {
  if (entries.length === 0) throw new RangeError("gaussians must name at least one K");
  return entries.map((entry) => {
    const text = String(entry).trim();
    const fraction = FRACTION.exec(text);
    if (text === "auto" || (fraction && Number(fraction[1]) > 0) || (COUNT.test(text) && Number(text) >= 1))
      return text;
    throw new RangeError(`gaussians: "${text}" is not "auto", a fraction like "d/16", or a whole number from 1`);
  });
}

/** K for each entry in a matrix of `columns`, never above them. */
export function chosenGaussians(entries: readonly string[], columns: number): ChosenGaussians[] {
  return entries.map((asked) => {
    const fraction = FRACTION.exec(asked);
    const wanted =
      asked === "auto"
        ? automaticGaussians(columns)
        : fraction
          ? Math.floor(columns / Number(fraction[1]))
          : Number(asked);
    return { asked, gaussians: Math.min(columns, Math.max(1, wanted)) };
  });
}

/** The different K among them, in the order in which they are first asked for. */
export const distinctGaussians = (entries: readonly string[], columns: number): number[] => [
  ...new Set(chosenGaussians(entries, columns).map((one) => one.gaussians)),
];
