/** A figure as a person reads it: thousands' commas dropped, `±` taken apart, an exponent understood. */
export interface Read {
  value: number;
  /** One unit of the last digit shown. */
  unit: number;
  /** What stands after ±, and the unit of its last digit; null without. */
  margin: { value: number; unit: number } | null;
}

const NUMBER = /^[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|^[-−]?\d+(?:\.\d+)?(?:e[+-]?\d+)?/;

function one(text: string): { value: number; unit: number; rest: string } {
  const found = NUMBER.exec(text)?.[0];
  if (found === undefined) throw new Error(`no figure: "${text}"`);
  const plain = found.replaceAll(",", "").replace("−", "-");
  const [mantissa, exponent = "0"] = plain.split("e");
  const places = mantissa.split(".")[1]?.length ?? 0;
  return { value: Number(plain), unit: Number(`1e${Number(exponent) - places}`), rest: text.slice(found.length) };
}

/** @throws where the text begins with no figure. */
export function readFigure(text: string): Read {
  const { value, unit, rest } = one(text.trim());
  const after = /^ ?± ?(.+)$/.exec(rest)?.[1];
  return { value, unit, margin: after === undefined ? null : one(after) };
}

/** Whether a figure shown is `value` rounded to the digits shown. */
export function isRounded({ value: shown, unit }: { value: number; unit: number }, value: number): boolean {
  // A half unit, and what the arithmetic of this very test may lose.
  return Math.abs(shown - value) <= unit / 2 + 4e-16 * Math.abs(value);
}
