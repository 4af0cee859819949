/** A decimal number: no hexadecimal, no infinity, no NaN. */
export const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A share above 0 up to 1 as people write it, "0.25" or "1/4"; null where it is none. */
export function shareOf(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(text);
  const found = parts ? Number(parts[1]) / Number(parts[2]) : DECIMAL.test(text) ? Number(text) : Number.NaN;
  return found > 0 && found <= 1 ? found : null;
}
